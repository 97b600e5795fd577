"""Depth and calibration for each image: matched by stamp, looked through, told of when missing."""
