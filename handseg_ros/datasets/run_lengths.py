"""Masks as COCO's compressed run lengths: small, exact, and what pycocotools works on.

Format: runs of 0 and 1 in turn, column after column, compressed into a text; `maskApi.c` of
https://github.com/cocodataset/cocoapi defines it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.extras import install_command
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.run_lengths import run_counts

RunLength = Mapping[str, Any]

_FIRST_CHARACTER, _HIGHEST_CODE = 48, 63
_BITS, _GOES_ON, _SIGN = 5, 0x20, 0x10
# No count of a picture has more than 32 bits.
_MOST_CHARACTERS = 7


def encode_mask(mask: np.ndarray) -> RunLength:
    """Return the run lengths of a mask of a whole frame, bool (H, W).

    Raises HandsegError when pycocotools is missing.
    """
    box = Box(*cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8)))
    return encode_inside(mask[box.slices], box, (mask.shape[0], mask.shape[1]))


def encode_inside(mask: np.ndarray, box: Box, shape: tuple[int, int]) -> RunLength:
    """Return the run lengths of a mask that is known inside a box only, bool (height, width).

    Outside the box nothing of the frame of `shape` (H, W) is in the mask. Raises HandsegError when
    pycocotools is missing.
    """
    counts = run_counts(mask, box, shape)
    return coco().mask.frPyObjects({"counts": counts, "size": list(shape)}, *shape)


def counts_in(text: str) -> np.ndarray:
    """Return the counts in compressed run lengths, int64; raises ValueError for any other text.

    Five bits a character, the lowest first, from '0' on; a sixth bit says that the number goes on,
    and the fifth of its last character is its sign. From the fourth number on they are differences
    to the number two places before (`rleFrString` in `maskApi.c`, which checks nothing).
    """
    codes = np.frombuffer(text.encode("utf-8"), np.uint8).astype(np.int64) - _FIRST_CHARACTER
    if not codes.size:
        return codes
    ends = np.flatnonzero((codes & _GOES_ON) == 0)
    if (
        codes.min() < 0
        or codes.max() > _HIGHEST_CODE
        or not ends.size
        or ends[-1] != len(codes) - 1
    ):
        raise ValueError("characters that no run lengths have, or cut off")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _MOST_CHARACTERS:
        raise ValueError("a number of more than 32 bits")
    places = np.arange(len(codes)) - np.repeat(starts, lengths)
    numbers = np.add.reduceat((codes & (_GOES_ON - 1)) << (_BITS * places), starts)
    numbers -= np.where(codes[ends] & _SIGN, np.int64(1) << (_BITS * lengths), 0)
    for first in (1, 2):
        numbers[first::2] = np.cumsum(numbers[first::2])
    return numbers


def to_text(runs: RunLength) -> str:
    """Return the compressed run lengths as text."""
    return str(runs["counts"].decode("ascii"))


def from_text(text: str, shape: tuple[int, int]) -> RunLength:
    """Return the run lengths that `to_text` wrote, of a frame of `shape` (H, W)."""
    return {"size": [shape[0], shape[1]], "counts": text.encode("ascii")}


def union(runs: Sequence[RunLength]) -> RunLength:
    """Return the union of one or more masks of one frame."""
    return coco().mask.merge(list(runs), intersect=False)


def iou(one: Sequence[RunLength], other: Sequence[RunLength]) -> np.ndarray:
    """Return the IoU of every mask of `one` (row) with every one of `other`: float64 (N, M)."""
    if not (one and other):
        return np.zeros((len(one), len(other)))
    return np.asarray(coco().mask.iou(list(one), list(other), [0] * len(other)))


def coco() -> Any:
    """Return pycocotools with its modules `coco`, `cocoeval` and `mask`.

    Raises HandsegError when it is missing, as only scoring needs it.
    """
    try:
        import pycocotools.coco
        import pycocotools.cocoeval
        import pycocotools.mask
    except ImportError as error:
        raise HandsegError(
            f"masks cannot be scored without pycocotools ({error}): install it with "
            f"{install_command('evaluate')}"
        ) from error
    return pycocotools
