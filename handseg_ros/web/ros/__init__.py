"""The page beside a running node: a client of its topics and parameters."""
