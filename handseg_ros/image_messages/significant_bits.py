"""How many of 16 bits the values of a source's images use: few, with cameras of 10 and 12 bits.

sensor_msgs/image_encodings.hpp has no name for those, so drivers publish them as mono16,
bayer_rggb16 and their like, with or without a shift to the upper bits; without it they are almost
black.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MOST = 16
# What cameras have, and 8 for pictures that were only stored with more.
_USUAL = (8, 10, 12, MOST)


class SignificantBits:
    """The bits that a source's values use: `fixed`, or as many as the largest value so far needs.

    They only grow, so that brightness does not change to and fro from one frame to the next. Where
    all images are known beforehand, `look_ahead` returns the bits of all of them: it is called
    once, when few bits seem to be used. `report` takes a sentence when the number is found, and
    when it grows.
    """

    def __init__(
        self,
        fixed: int = 0,
        look_ahead: Callable[[], int] | None = None,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._fixed = fixed
        self._look_ahead = look_ahead
        self._report = report
        self._found = 0

    @property
    def fixed(self) -> int:
        """The bits that were set, 0 where they are found out."""
        return self._fixed

    @property
    def found(self) -> int:
        """The bits of what was seen so far, 0 before anything but black was."""
        return self._found

    def white(self, values: np.ndarray) -> int:
        """Return the value that stands for white in an image, uint16 (height, width[, channels]).

        A fourth channel is alpha, and not looked at.
        """
        if self._fixed:
            return int(2**self._fixed - 1)
        if self._found < MOST:
            self._see(int((values[..., :3] if values.ndim == 3 else values).max()))
        # Nothing is known of a source that was only black so far.
        return int(2 ** (self._found or MOST) - 1)

    def _see(self, largest: int) -> None:
        bits = next(usual for usual in _USUAL if largest < 2**usual) if largest else 0
        if bits <= self._found:
            return
        if self._look_ahead is not None and bits < MOST:
            look_ahead, self._look_ahead = self._look_ahead, None
            bits = max(bits, look_ahead())
        self._found = bits
        if bits < MOST:
            self._report(
                f"values of 16 bits use {bits} of them, as far as is known ({largest} is the "
                f"largest so far): {2**bits - 1} is taken for white"
            )
