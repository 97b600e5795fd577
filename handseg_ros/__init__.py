"""Find human hands in camera images: ROS 2 node, command line and the tools around them."""

__version__ = "0.1.0"
