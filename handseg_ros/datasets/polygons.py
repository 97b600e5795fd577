"""Areas of labels as masks: polygons and run lengths, every number checked before it is used.

pycocotools does not check what it is given, and ends the process by what is no number.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handseg_ros.datasets.frames import SkipCause
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.run_lengths import coco, counts_in
from handseg_ros.segmentation.run_lengths import check_counts

# How far a corner may lie outside its picture, in lengths of the picture's longer side.
_MOST_OUTSIDE = 1.0
_FEWEST_NUMBERS = 6


def polygons_mask(polygons: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return the union of polygons, each x, y, x, y, ... in pixels, as bool (H, W).

    Rasterised by pycocotools. Raises UnusableError for a polygon of fewer than three corners, and
    for corners that are no numbers or lie far outside; HandsegError when pycocotools is missing.
    """
    if not isinstance(polygons, Sequence) or not polygons:
        raise UnusableError("a hand or object of its label has no outline")
    checked = [_checked_corners(corners, shape) for corners in polygons]
    if all(value <= 1 for corners in checked for value in corners) and min(shape) > 2:
        raise UnusableError(
            "the corners of its label lie within one pixel, as shares of the picture do: export "
            "the label in pixels"
        )
    tools = coco().mask
    merged = tools.merge(tools.frPyObjects(checked, *shape))
    return np.asarray(tools.decode([merged]))[:, :, 0] > 0


def runs_mask(runs: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    """Return COCO's run lengths, compressed or not, as bool (H, W).

    Raises UnusableError when they are of another size, or are no run lengths of a whole picture.
    """
    if runs.get("size") != list(shape):
        raise UnusableError(
            f"a mask of its label is not of its picture's size {shape}", SkipCause.SIZE
        )
    counts = _counts(runs.get("counts"))
    height, width = shape
    try:
        check_counts(counts, shape)
    except ValueError as error:
        raise UnusableError(
            f"the run lengths of its label do not add up to its picture's {height * width} pixels"
        ) from error
    values = np.arange(len(counts)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, counts).reshape(width, height).T)


def reaches_out(polygons: Sequence[Sequence[float]], shape: tuple[int, int]) -> bool:
    """Return whether a corner of polygons lies beyond the edge of a picture of `shape` (H, W).

    A pixel more is no mistake: tools differ in whether a corner is a pixel's edge or its middle.
    """
    height, width = shape
    xs = [x for corners in polygons for x in corners[::2]]
    ys = [y for corners in polygons for y in corners[1::2]]
    return min(*xs, *ys) < -1 or max(xs) > width + 1 or max(ys) > height + 1


def is_number(value: Any) -> bool:
    """Return whether a value from a file is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _checked_corners(corners: Any, shape: tuple[int, int]) -> list[float]:
    if not isinstance(corners, Sequence) or isinstance(corners, str):
        raise UnusableError("an outline of its label is no list of numbers")
    if not all(map(is_number, corners)):
        raise UnusableError("a corner of its label is no finite number")
    if len(corners) < _FEWEST_NUMBERS or len(corners) % 2:
        raise UnusableError("a polygon of its label has fewer than three corners")
    outside = _MOST_OUTSIDE * max(shape)
    for x, y in zip(corners[::2], corners[1::2], strict=True):
        if not (-outside <= x <= shape[1] + outside and -outside <= y <= shape[0] + outside):
            raise UnusableError(
                f"a corner of its label, ({x:g}, {y:g}), lies far outside", SkipCause.OUTSIDE
            )
    return [float(value) for value in corners]


def _counts(counts: Any) -> np.ndarray:
    try:
        if isinstance(counts, str):
            return counts_in(counts)
        if isinstance(counts, list) and all(is_number(n) and n == int(n) for n in counts):
            return np.array([int(n) for n in counts], np.int64)
    except ValueError as error:
        raise UnusableError("the compressed run lengths of its label are damaged") from error
    except OverflowError as error:
        raise UnusableError("the run lengths of its label do not add up") from error
    raise UnusableError("the run lengths of its label are no numbers")
