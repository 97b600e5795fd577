"""One module for each format that is converted: what a publication has where."""
