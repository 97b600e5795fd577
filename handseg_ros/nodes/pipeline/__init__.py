"""The way of a frame through the node's threads, and of requests for one image."""
