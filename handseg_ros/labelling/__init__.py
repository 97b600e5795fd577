"""Labels that people draw: read, checked and written picture by picture, whoever else draws too."""
