"""Workshop: other people's networks come in, networks for other programs go out."""
