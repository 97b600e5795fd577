"""Pixels to keep out of: hands and what is near them, and depth images without them."""

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box, Hand, Segmentation
from handseg_ros.space.surface import find_surface
from handseg_ros.space.view import View

# OpenCV's distances of DIST_MASK_5 are up to 2 % too long: sqrt(1 + 0.1969 ** 2) of its weights.
_TOO_LONG = 1.02


def keep_out(
    segmentation: Segmentation, view: View | None, distance_m: float, distance_px: float
) -> np.ndarray:
    """Return the hands grown by a distance: uint8 (height, width), 0 or 255.

    Each hand is grown by what `distance_m` metres are in pixels at its nearest depth, along the
    image's plane; by `distance_px` pixels without a view, or where the hand's depth is not known.
    A pixel within that distance of the hand is always marked, one 3 % and a pixel farther is not.
    """
    image = np.zeros((segmentation.height, segmentation.width), np.uint8)
    for hand in segmentation.hands:
        _mark(image, hand, _reach(hand, view, distance_m, distance_px))
    return image


def without_hands(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a copy of a depth image with no depth where a mask of its size is not 0.

    `picture` is uint16 (there 0 is no depth) or float32 (NaN); `mask` is uint8.
    """
    copy = picture.copy()
    nothing = 0 if picture.dtype == np.uint16 else np.nan
    np.copyto(copy, nothing, where=mask > 0)
    return copy


def _reach(hand: Hand, view: View | None, distance_m: float, distance_px: float) -> float:
    """Return how far a hand is grown, in pixels."""
    surface = find_surface(view.depth, hand.box, hand.mask) if view else None
    if view is None or surface is None:
        return distance_px
    return distance_m * view.camera.focal / surface.nearest


def _mark(image: np.ndarray, hand: Hand, reach: float) -> None:
    """Mark the pixels of an image that are within reach of a hand's."""
    height, width = image.shape
    around = hand.box.grown(int(reach) + 1).overlap(Box(0, 0, width, height))
    free = np.full((around.height, around.width), 255, np.uint8)
    free[hand.box.within(around).slices] -= hand.mask
    away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5)
    image[around.slices] |= cv2.inRange(away, 0.0, reach * _TOO_LONG)
