"""The mean of frames: a background without the noise of one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.errors import ImageError


class FrameMean:
    """Adds up frames of one size, uint8 (height, width, 3): up to 2**24, as sums are uint32."""

    def __init__(self) -> None:
        self._sum: np.ndarray | None = None
        self.count = 0

    def add(self, frame: np.ndarray) -> None:
        """Add a frame; raises ImageError when its size is not that of the frames before."""
        if self._sum is None:
            self._sum = np.zeros(frame.shape, np.uint32)
        if frame.shape != self._sum.shape:
            (height, width), (old_height, old_width) = frame.shape[:2], self._sum.shape[:2]
            raise ImageError(
                f"a frame of {width}x{height} pixels came after {self.count} of "
                f"{old_width}x{old_height}, which cannot be averaged: let the camera stay as it is "
                "and start again"
            )
        np.add(self._sum, frame, out=self._sum)
        self.count += 1

    def mean(self) -> np.ndarray:
        """Return the mean, rounded to uint8; ValueError when there is no frame."""
        if self._sum is None:
            raise ValueError("there is no frame to average")
        return ((self._sum + self.count // 2) // self.count).astype(np.uint8)
