"""A depth image as a camera sends it, read in metres where it is needed (REP 118)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.errors import DepthError
from handseg_ros.segmentation.geometry import Size
from handseg_ros.segmentation.hands import Box

_PER_METRE = 1000  # millimetres


def grid(step: int) -> tuple[slice, slice]:
    """Return the rows and columns of every `step`-th pixel, as far from one edge as the other."""
    lines = slice(step // 2, None, step)
    return lines, lines


@dataclass(frozen=True)
class DepthImage:
    """A depth image: distances along the optical axis, one a pixel.

    `picture` has shape (height, width) and is uint16 (encoding 16UC1: millimetres, 0 = not known)
    or float32 (32FC1: metres; NaN, infinite, 0 and less = not known). It is used where it lies.
    Raises DepthError for anything else.
    """

    picture: np.ndarray

    def __post_init__(self) -> None:
        if self.picture.ndim != 2 or self.picture.dtype not in (np.uint16, np.float32):
            raise DepthError(
                f"the depth image is {self.picture.dtype} of shape {self.picture.shape}: have the "
                "driver publish 16UC1 (millimetres) or 32FC1 (metres)"
            )

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.picture.shape[0], self.picture.shape[1]

    def metres(self, box: Box, step: int = 1) -> np.ndarray:
        """Return a box's depth on a grid of its pixels: float32, NaN where it is not known.

        The shape is that of `picture[box.slices][grid(step)]`.
        """
        part = self.picture[box.slices][grid(step)]
        if part.dtype == np.uint16:
            metres = part * np.float32(1 / _PER_METRE)
            metres[part == 0] = np.nan
            return metres
        return np.where((part > 0) & (part < np.inf), part, np.float32(np.nan))

    def between(self, box: Box, near: float, far: float) -> np.ndarray:
        """Return where a box's depth lies from `near` to `far` metres, both above 0.

        uint8 (box.height, box.width), 0 or 255.
        """
        part = self.picture[box.slices]
        if part.dtype == np.uint16:
            return cv2.inRange(part, math.ceil(near * _PER_METRE), math.floor(far * _PER_METRE))
        return cv2.inRange(part, near, far)
