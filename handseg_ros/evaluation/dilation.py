"""Which pixels lie near a line: dilation by disks, on 64 pixels at once.

OpenCV's dilation looks at every pixel of the disk for every pixel of the mask, which at the larger
tolerance of a large frame took longer than half of the network. Here the mask is packed into words
of 64 bits. A disk is a pile of rows; the mask is widened by one pixel from step to step, and laid
onto all rows above and below in which the disk is as wide.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_WORD = 64
_ONE, _LAST = np.uint64(1), np.uint64(_WORD - 1)


def near(mask: np.ndarray, radii: Sequence[int]) -> list[np.ndarray]:
    """Return, for each radius, the pixels whose centres are that close to one of the mask's.

    All are bool (H, W); radii are in pixels.
    """
    words = _packed(mask, max(radii))
    widened = [words]
    for _ in range(max(radii)):
        widened.append(_wider(widened[-1].ravel()).reshape(words.shape))
    return [_piled(widened, radius)[:, : mask.shape[1]] for radius in radii]


def _packed(mask: np.ndarray, spare: int) -> np.ndarray:
    """Return a mask as uint64 (H, words), a row's first pixel in its first word's lowest bit.

    At the end of each row at least `spare` bits are free, so that no row is widened into the next.
    """
    height, width = mask.shape
    words = -(-(width + spare) // _WORD) or 1
    padded = np.zeros((height, words * _WORD // 8), np.uint8)
    bits = np.packbits(mask, axis=1, bitorder="little")
    padded[:, : bits.shape[1]] = bits
    return padded.view(np.dtype("<u8"))


def _wider(words: np.ndarray) -> np.ndarray:
    """Return the mask, its rows one after the other, with each pixel's left and right neighbour."""
    wider = words << _ONE
    wider |= words >> _ONE
    wider |= words
    wider[1:] |= words[:-1] >> _LAST
    wider[:-1] |= words[1:] << _LAST
    return wider


def _piled(widened: Sequence[np.ndarray], radius: int) -> np.ndarray:
    """Return the mask widened by disks, from the same widened by 0, 1, ... pixels in its rows."""
    height = widened[0].shape[0]
    # As many rows more above and below, so that no part of a disk has to be cut off.
    covered = np.zeros((height + 2 * radius, widened[0].shape[1]), np.dtype("<u8"))
    for away in range(-radius, radius + 1):
        top = radius + away
        covered[top : top + height] |= widened[math.isqrt(radius**2 - away**2)]
    inside = covered[radius : radius + height].view(np.uint8)
    return np.unpackbits(inside, axis=1, bitorder="little").view(bool)
