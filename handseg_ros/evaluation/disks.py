"""Which pixels lie near a line: dilation by a disk, on 64 pixels at once.

OpenCV's dilation looks at every pixel of the disk for every pixel of the mask, which at the larger
tolerance of a large frame took longer than half of the network. Here a row is packed into words of
64 bits. A disk is a pile of rows; the mask is widened by one pixel from step to step, and each step is
laid onto all rows above and below in which the disk is as wide.
"""

from __future__ import annotations

import math

import numpy as np

_WORD = 64
_ONE, _LAST = np.uint64(1), np.uint64(_WORD - 1)


def near(mask: np.ndarray, radius: int) -> np.ndarray:
    """Return the pixels whose centres are within `radius` pixels of a mask's: both bool (H, W)."""
    height, width = mask.shape
    words = _packed(mask)
    # As many rows more above and below, so that no part of a disk has to be cut off.
    covered = np.zeros((height + 2 * radius, words.shape[1]), np.uint64)
    half_widths = _half_widths(radius)
    for reach in range(radius + 1):
        for away in np.flatnonzero(half_widths == reach):
            for top in {radius - away, radius + away}:
                covered[top : top + height] |= words
        words = _wider(words)
    inside = covered[radius : radius + height].view(np.uint8)
    return np.unpackbits(inside, axis=1, count=width, bitorder="little").view(bool)


def _half_widths(radius: int) -> np.ndarray:
    """Return the half-width of a disk's row, for rows 0 to `radius` away from its middle."""
    return np.array([math.isqrt(radius**2 - away**2) for away in range(radius + 1)])


def _packed(mask: np.ndarray) -> np.ndarray:
    """Return a mask, bool (H, W), as uint64 (H, words), a row's first pixel in the lowest bit."""
    words = -(-mask.shape[1] // _WORD)
    bits = np.packbits(mask, axis=1, bitorder="little")
    padded = np.zeros((mask.shape[0], words * _WORD // 8), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return padded.view(np.dtype("<u8"))


def _wider(words: np.ndarray) -> np.ndarray:
    """Return the mask and its neighbours to the left and right."""
    wider = words | (words << _ONE) | (words >> _ONE)
    wider[:, 1:] |= words[:, :-1] >> _LAST
    wider[:, :-1] |= words[:, 1:] << _LAST
    return wider
