"""Rosbag2 recordings as labelled data."""
