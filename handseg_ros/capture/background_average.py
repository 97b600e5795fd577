"""A background in the making: the mean of frames, and in how many of them hands were."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.frame_mean import FrameMean


class BackgroundAverage:
    """Averages `wanted` frames, 1 or more."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.with_hands = 0
        self._mean = FrameMean()

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self._mean.count / self.wanted

    @property
    def is_complete(self) -> bool:
        """Whether all frames are in."""
        return self._mean.count >= self.wanted

    def add(self, frame: np.ndarray, mask: np.ndarray) -> None:
        """Add a frame, uint8 (height, width, 3), BGR, whose hands are in a mask (height, width).

        Raises ImageError when its size is not that of the frames before.
        """
        self._mean.add(frame)
        self.with_hands += bool(mask.any())

    def picture(self) -> np.ndarray:
        """Return the mean, uint8 (height, width, 3), BGR."""
        return self._mean.mean()
