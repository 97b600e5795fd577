"""Boxes as tools draw them, upright and turned, as boxes of COCO."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from handseg_ros.datasets.conversion.member import XYWH, Attribute, ConvertedArea
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.image_messages.orientation import NORMAL

Corners = Sequence[tuple[float, float]]
# The attribute of boxes that are not upright: x and y of their four corners.
CORNERS = "corners"
_PLACES = 2


def boxed(
    label: str,
    corners: Corners,
    frame: LabelFrame,
    attributes: Mapping[str, Attribute] | None = None,
) -> ConvertedArea:
    """Return the area of a box by its corners, two of an upright one or four, in pixels.

    What lies outside of the picture is cut off, and may leave a box without an area. Raises
    UnusableError for corners that are no numbers, and for a box that was drawn on a picture before
    it was turned.
    """
    if not all(math.isfinite(value) for corner in corners for value in corner):
        raise UnusableError("a corner of a box of its label is no finite number")
    if frame.orientation != NORMAL:
        raise UnusableError("a box of its label was drawn on the picture as it is stored, turned")
    across, down = [x for x, _ in corners], [y for _, y in corners]
    known = dict(attributes or {})
    if len(corners) > 2:
        known[CORNERS] = [round(value, _PLACES) for corner in corners for value in corner]
    box = _inside(min(across), min(down), max(across), max(down), frame.shape)
    return ConvertedArea(label, None, box, attributes=known)


def rotated(
    corners: Corners, around: tuple[float, float], degrees: float
) -> list[tuple[float, float]]:
    """Return corners turned clockwise, as one sees a picture, around a point."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (
            around[0] + (x - around[0]) * cosine - (y - around[1]) * sine,
            around[1] + (x - around[0]) * sine + (y - around[1]) * cosine,
        )
        for x, y in corners
    ]


def rectangle(left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    """Return the four corners of an upright rectangle, clockwise from the top left."""
    right, bottom = left + width, top + height
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _inside(left: float, top: float, right: float, bottom: float, shape: tuple[int, int]) -> XYWH:
    left, right = (min(max(value, 0.0), shape[1]) for value in (left, right))
    top, bottom = (min(max(value, 0.0), shape[0]) for value in (top, bottom))
    return tuple(round(v, _PLACES) for v in (left, top, right - left, bottom - top))  # type: ignore[return-value]
