"""Which hand is which from frame to frame: tracks of hands, on any clock, without ROS."""
