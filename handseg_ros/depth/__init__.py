"""Hands in metres: a depth image and a camera's calibration make positions and points of masks."""

# SPDX-License-Identifier: Apache-2.0

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.points import points
from handseg_ros.depth.view import View

__all__ = [
    "Camera",
    "DepthImage",
    "View",
    "keep_out",
    "measure_hands",
    "points",
    "without_hands",
]
