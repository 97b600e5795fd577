"""One capture of a background: the mean of the images that come within a window of time."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.frame_mean import FrameMean

# How long after its end a capture waits for the image that completes it, in seconds.
_PATIENCE = 5.0


class BackgroundCapture:
    """Averages images from `begin` on, up to the first that comes at `end` or later.

    So there is one image at least. Times are time.monotonic(), in seconds.
    """

    def __init__(self, begin: float, end: float) -> None:
        self._begin = begin
        self._end = end
        self._mean = FrameMean()

    @property
    def count(self) -> int:
        """How many images were averaged so far."""
        return self._mean.count

    def take(self, frame: np.ndarray, when: float) -> bool:
        """Take an image, BGR, that came at this time; returns whether it completes the capture.

        Raises ImageError when its size is not that of the images before.
        """
        if when < self._begin:
            return False
        self._mean.add(frame)
        return when >= self._end

    def picture(self) -> np.ndarray:
        """Return the mean, uint8 (height, width, 3), BGR."""
        return self._mean.mean()

    def seconds_left(self, now: float) -> float:
        """Return how long it takes from now on, if images come."""
        return max(0.0, self._end - now)

    def is_overdue(self, now: float) -> bool:
        """Return whether no image can be hoped for any more."""
        return now > self._end + _PATIENCE
