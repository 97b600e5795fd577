"""What the node counts and says of itself on /diagnostics."""
