"""Finds pictures that look alike though their bytes differ: scaled, coded again, brightened.

The hash is the one of the cosine transform in Zauner, "Implementation and Benchmarking of
Perceptual Image Hash Functions", 2010, section 3.2.1: the picture in grey at 32 x 32 pixels, its
transform's 8 x 8 lowest frequencies but those of the first row and column, and a bit for each, set
where it is above their median. Two hashes differ by the number of bits that differ.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_SIDE, _FIRST, _LAST = 32, 1, 9
HASH_BYTES = (_LAST - _FIRST) ** 2 // 8
# Queries of one comparison, so that it takes memory for so many rows alone.
_BLOCK = 4096


def perceptual_hash(image: np.ndarray) -> bytes:
    """Return the hash of a picture, uint8 (H, W, 3) BGR, as 8 bytes."""
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    low = cv2.dct(grey)[_FIRST:_LAST, _FIRST:_LAST].ravel()
    return np.packbits(low > np.median(low)).tobytes()


@dataclass(frozen=True)
class Nearest:
    """For each of some hashes the place of the nearest other one, and by how many bits it differs.

    Both are int32 (N,); where there is no other one, the place is -1.
    """

    places: np.ndarray
    distances: np.ndarray


def nearest(hashes: Sequence[bytes], others: Sequence[bytes]) -> Nearest:
    """Return for each hash the nearest one of `others`."""
    return _nearest(hashes, others, 0)


def nearest_other(hashes: Sequence[bytes]) -> Nearest:
    """Return for each hash the nearest one of the same sequence that is not itself."""
    return _nearest(hashes, hashes, 1)


def _nearest(hashes: Sequence[bytes], others: Sequence[bytes], left_out: int) -> Nearest:
    """Compare all with all; with `left_out` 1 a hash is not compared with that of its own place."""
    places = np.full(len(hashes), -1, np.int32)
    distances = np.full(len(hashes), 8 * HASH_BYTES + 1, np.int32)
    rows, columns = _matrix(hashes), _matrix(others)
    wanted = 1 + left_out
    if len(columns) < wanted:
        return Nearest(places, distances)
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        found, index = cv2.batchDistance(
            block, columns, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=wanted
        )
        own = np.arange(first, first + len(block))
        # of two equal hashes either may come first
        column = np.where(left_out and index[:, 0] == own, wanted - 1, 0)
        picked = np.arange(len(block)), column
        places[first : first + len(block)] = index[picked]
        distances[first : first + len(block)] = found[picked]
    return Nearest(places, distances)


def _matrix(hashes: Sequence[bytes]) -> np.ndarray:
    """Return hashes as uint8 (N, 8)."""
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), HASH_BYTES)
