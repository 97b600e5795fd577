"""Distortion models: from pixels to directions and back, by OpenCV's routines for each.

The names are those of sensor_msgs/CameraInfo's `distortion_model` (distortion_models.hpp), the
coefficients those of its `d`, which are OpenCV's in the same order.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

# (pixels (N, 2), matrix (3, 3), coefficients) -> x/z and y/z, float64 (N, 2).
Undistort = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
# (points (N, 3), matrix (3, 3), coefficients) -> pixels, float64 (N, 2).
Project = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# OpenCV inverts the polynomials step by step, by default five times, which leaves tenths of a
# pixel at the corners of wide lenses.
_CRITERIA = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-4)
_NO_TURN = np.zeros(3)


@dataclass(frozen=True)
class DistortionModel:
    """A distortion model: how many coefficients it may have, and its two directions."""

    counts: tuple[int, ...]
    undistort: Undistort
    project: Project


def _undistort_polynomial(pixels: np.ndarray, k: np.ndarray, d: np.ndarray) -> np.ndarray:
    no_rectification = np.eye(3)
    return cv2.undistortPointsIter(
        pixels[:, None], k, d, no_rectification, no_rectification, _CRITERIA
    )[:, 0]


def _project_polynomial(points: np.ndarray, k: np.ndarray, d: np.ndarray) -> np.ndarray:
    return cv2.projectPoints(points, _NO_TURN, _NO_TURN, k, d)[0][:, 0]


def _undistort_pinhole(pixels: np.ndarray, k: np.ndarray, d: np.ndarray) -> np.ndarray:
    rays: np.ndarray = (pixels - k[:2, 2]) / k[[0, 1], [0, 1]]
    return rays


def _undistort_fisheye(pixels: np.ndarray, k: np.ndarray, d: np.ndarray) -> np.ndarray:
    return cv2.fisheye.undistortPoints(pixels[:, None], k, d)[:, 0]


def _project_fisheye(points: np.ndarray, k: np.ndarray, d: np.ndarray) -> np.ndarray:
    return cv2.fisheye.projectPoints(points[:, None], _NO_TURN, _NO_TURN, k, d)[0][:, 0]


DISTORTION_MODELS = {
    "plumb_bob": DistortionModel((4, 5), _undistort_polynomial, _project_polynomial),
    "rational_polynomial": DistortionModel((8, 12, 14), _undistort_polynomial, _project_polynomial),
    "equidistant": DistortionModel((4,), _undistort_fisheye, _project_fisheye),
    "none": DistortionModel((), _undistort_pinhole, _project_polynomial),
}
