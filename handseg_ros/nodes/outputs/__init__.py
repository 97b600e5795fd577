"""What the node publishes: its topics, and messages made of hands."""
