"""Hands in metres: a depth image and a camera's calibration make positions and points of masks."""
