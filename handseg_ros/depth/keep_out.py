"""Pixels to keep out of: hands and what is near them, and depth images without them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import cv2
import numpy as np

from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Box, Hand, Segmentation

# OpenCV's distances of DIST_MASK_5 are up to 2 % too long: sqrt(1 + 0.1969 ** 2) of its weights.
_TOO_LONG = 1.02
# A reach is measured in at least so many cells: the more, the closer, and the longer it takes.
_CELLS = 15


def keep_out(
    segmentation: Segmentation, view: View | None, distance_m: float, distance_px: float
) -> np.ndarray:
    """Return the hands grown by a distance: uint8 (height, width), 0 or 255.

    Each hand is grown by what `distance_m` metres are in pixels at its nearest depth, along the
    image's plane; by `distance_px` pixels without a view, or where the hand's depth is not known.
    A pixel within that distance of a hand's is always marked, one a quarter farther (and a pixel)
    never.
    """
    image = np.zeros((segmentation.height, segmentation.width), np.uint8)
    farthest = math.hypot(*image.shape)
    for hand in segmentation.hands:
        _mark_near(image, hand, min(_radius(hand, view, distance_m, distance_px), farthest))
    return image


def without_hands(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a copy of a depth image with no depth where a mask of its size is not 0.

    `picture` is uint16 (there 0 is no depth) or float32 (NaN); `mask` is uint8.
    """
    copy = picture.copy()
    nothing = 0 if picture.dtype == np.uint16 else np.nan
    np.copyto(copy, nothing, where=mask > 0)
    return copy


def _radius(hand: Hand, view: View | None, distance_m: float, distance_px: float) -> float:
    """Return how far a hand is grown, in pixels."""
    surface = view.surface(hand.box, hand.mask) if view else None
    if view is None or surface is None:
        return distance_px
    return distance_m * view.camera.focal / surface.nearest


def _mark_near(image: np.ndarray, hand: Hand, radius: float) -> None:
    """Mark the pixels of an image that are within reach of a hand's.

    Far reaches are measured on cells of several pixels, so that near hands and large images cost
    no more than others.
    """
    side = max(1, int(radius / _CELLS))
    whole = Box(0, 0, image.shape[1], image.shape[0])
    around = hand.box.expanded(int(radius) + 1).intersection(whole)
    wide = np.zeros((around.height, around.width), np.uint8)
    wide[hand.box.within(around).slices] = hand.mask
    cells = cv2.dilate(wide, np.ones((side, side), np.uint8), anchor=(0, 0))[::side, ::side]
    away = cv2.distanceTransform(cv2.bitwise_not(cells), cv2.DIST_L2, cv2.DIST_MASK_5)
    # From pixel to pixel it may be this much less than from the middle of a cell to another's.
    less = math.sqrt(2) * (side - 1)
    near = cv2.inRange(away, 0.0, (radius + less) * _TOO_LONG / side)
    pixels = cv2.resize(near, None, fx=side, fy=side, interpolation=cv2.INTER_NEAREST)
    image[around.slices] |= pixels[: around.height, : around.width]
