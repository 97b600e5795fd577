"""Areas of labels as masks: polygons and run lengths, every number checked before it is used.

pycocotools does not check what it is given, and ends the process by what is no number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handseg_ros.evaluation.labelled.listed import UnusableError
from handseg_ros.evaluation.run_lengths import coco

# How far a corner may lie outside its picture, in lengths of the picture's longer side.
_MOST_OUTSIDE = 1.0
_FEWEST_NUMBERS = 6
# Five bits a character, from '0' on, the sixth telling that the number goes on (`maskApi.c`).
_FIRST_CHARACTER, _LAST_CHARACTER = 48, 111
_BITS, _GOES_ON, _SIGN = 5, 0x20, 0x10
# No count of a picture has more than 32 bits.
_MOST_CHARACTERS = 7


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
        raise UnusableError(f"a mask of its label is not of its picture's size {shape}")
    counts = _counts(runs.get("counts"))
    height, width = shape
    if any(count < 0 for count in counts) or sum(counts) != height * width:
        raise UnusableError(
            f"the run lengths of its label do not add up to its picture's {height * width} pixels"
        )
    values = np.arange(len(counts)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, counts).reshape(width, height).T)


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
            raise UnusableError(f"a corner of its label, ({x:g}, {y:g}), lies far outside")
    return [float(value) for value in corners]


def _counts(counts: Any) -> list[int]:
    if isinstance(counts, str):
        return _unpacked(counts)
    if isinstance(counts, list) and all(is_number(item) and item == int(item) for item in counts):
        return [int(item) for item in counts]
    raise UnusableError("the run lengths of its label are no numbers")


def _unpacked(text: str) -> list[int]:
    """Return the counts of compressed run lengths; from the fourth on they are differences."""
    counts: list[int] = []
    value = place = 0
    for character in text:
        code = ord(character)
        if not _FIRST_CHARACTER <= code <= _LAST_CHARACTER or place >= _MOST_CHARACTERS:
            break
        code -= _FIRST_CHARACTER
        value |= (code & (_GOES_ON - 1)) << (_BITS * place)
        place += 1
        if code & _GOES_ON:
            continue
        if code & _SIGN:
            value -= 1 << (_BITS * place)
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = place = 0
    else:
        if not place:
            return counts
    raise UnusableError("the compressed run lengths of its label are damaged")
