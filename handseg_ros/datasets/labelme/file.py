"""What one of labelme's JSON files says, as it and its relatives (X-AnyLabeling) write it.

Format: https://github.com/wkentaro/labelme, `labelme/label_file.py`. Relatives write null for empty
fields, texts for groups, and rectangles by four corners.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.annotations import normal_label
from handseg_ros.datasets.field_names import (
    ATTRIBUTES,
    ORIENTATION,
    OTHER_LABELS,
    PERSON,
    SEQUENCE,
    SOURCE,
    TAGS,
    UPRIGHT,
)
from handseg_ros.datasets.first_labels import labelme_digest
from handseg_ros.datasets.frames import SkipCause
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import is_number, polygons_mask
from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.segmentation.errors import ImageError

_POLYGON, _RECTANGLE, _MASK = "polygon", "rectangle", "mask"
# Drawn with the mouse, they are polygons like others.
_POLYGONS = (_POLYGON, "rotation", "quadrilateral")
_WITHOUT_AREA = ("point", "points")
# Fields of labelme's own that a person fills in of one shape.
DESCRIPTION, FLAGS = "description", "flags"


@dataclass(frozen=True)
class LabelmeShape:
    """One shape; `points` is [[x, y], ...] as it stands there, `mask` a picture as base64 text.

    `attributes` is what its description and flags say, and this package's own files beyond these.
    """

    label: str
    kind: str
    points: tuple[tuple[float, float], ...]
    group: Hashable | None
    mask: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_area(self) -> bool:
        """Whether it is more than a click: a point, or a polygon that was never drawn on."""
        is_begun = self.kind in _POLYGONS and len(self.points) < 3
        return not is_begun and self.kind not in _WITHOUT_AREA

    @property
    def has_corners(self) -> bool:
        """Whether it is drawn by corners, and no mask."""
        return self.kind != _MASK and bool(self.points)


@dataclass(frozen=True)
class LabelmeContent:
    """A file's shapes; `shape` is the picture's (height, width), None where it is not told.

    `sequence` is None where it is not told. `is_upright` says that shapes are drawn on the picture
    turned upright, as its EXIF says. `others` are labels known to be no hand's or object's.
    """

    shapes: tuple[LabelmeShape, ...]
    picture: str
    data: str
    shape: tuple[int, int] | None
    tags: Mapping[str, str]
    sequence: str | None = None
    is_upright: bool = False
    others: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """What its shapes say, in short: another one after any correction."""
        return labelme_digest((s.label, s.kind, s.points, s.group) for s in self.shapes)


def read_labelme(file: Path) -> LabelmeContent:
    """Return what a file says; raises UnusableError."""
    try:
        return labelme_content(json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnusableError("its JSON file is damaged or not labelme's") from error


def shape_mask(item: LabelmeShape, shape: tuple[int, int]) -> np.ndarray:
    """Return a shape's area in a picture of `shape`, bool (H, W); raises UnusableError."""
    if item.kind == _MASK:
        return _pasted(item, shape)
    corners = item.points
    if item.kind == _RECTANGLE and len(corners) == 2:
        (left, top), (right, bottom) = corners
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    elif item.kind not in (*_POLYGONS, _RECTANGLE):
        raise UnusableError(
            f"its label has a {item.kind}, but polygons, rectangles and masks are read alone"
        )
    return polygons_mask([[value for corner in corners for value in corner]], shape)


def labelme_content(content: Any) -> LabelmeContent:
    """Return what the JSON of a file says.

    Raises ValueError, TypeError or AttributeError for what is not labelme's.
    """
    sides = content.get("imageHeight"), content.get("imageWidth")
    is_told = all(is_number(side) and side > 0 and side == int(side) for side in sides)
    return LabelmeContent(
        tuple(_shape(item) for item in content["shapes"]) if _has_shapes(content) else (),
        _text(content.get("imagePath")),
        _text(content.get("imageData")),
        (int(sides[0]), int(sides[1])) if is_told else None,
        _tags(content),
        _text(content.get(SEQUENCE)) or None,
        content.get(ORIENTATION) == UPRIGHT,
        frozenset(map(normal_label, filter(None, map(_text, content.get(OTHER_LABELS) or ())))),
    )


def _tags(content: Any) -> dict[str, str]:
    words = {name: content[name] for name in (SOURCE, PERSON) if content.get(name) is not None}
    own = (content.get("flags") or {}, content.get(TAGS) or {}, words)
    return {str(name): _tag(value) for part in own for name, value in part.items()}


def _has_shapes(content: Any) -> bool:
    if not isinstance(content.get("shapes"), list):
        raise ValueError("there are no shapes")
    return True


def _shape(item: Any) -> LabelmeShape:
    points = tuple((x, y) for x, y in item.get("points") or ())
    if not all(isinstance(value, (int, float)) for point in points for value in point):
        raise ValueError("a point is no number")
    group = item.get("group_id")
    return LabelmeShape(
        normal_label(item["label"]) if isinstance(item.get("label"), str) else "",
        _text(item.get("shape_type")) or _POLYGON,
        points,
        str(group) if isinstance(group, (list, dict)) else group,
        _text(item.get("mask")) or None,
        _attributes(item),
    )


def _attributes(item: Any) -> dict[str, Any]:
    told = item.get(ATTRIBUTES)
    filled = {name: item[name] for name in (DESCRIPTION, FLAGS) if item.get(name)}
    return {**filled, **(told if isinstance(told, dict) else {})}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _tag(value: Any) -> str:
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"


def _pasted(item: LabelmeShape, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask of an AI shape, a picture in the box from one point to the other, inclusive.

    As `labelme/utils/shape.py` reads it: `mask[y1 : y2 + 1, x1 : x2 + 1] = shape_mask`.
    """
    try:
        data = base64.b64decode(item.mask or "", validate=True)
        picture = decode_picture(data, "the mask", cv2.IMREAD_UNCHANGED)
        (left, top), (right, bottom) = (tuple(map(int, point)) for point in item.points)
    except (binascii.Error, ImageError, ValueError, OverflowError) as error:
        raise UnusableError("a mask of its label is damaged") from error
    box = (bottom + 1 - top, right + 1 - left)
    is_inside = left >= 0 and top >= 0 and right < shape[1] and bottom < shape[0]
    if picture.ndim != 2 or picture.shape != box or not is_inside:
        raise UnusableError(
            "a mask of its label does not fit its box, or the box its picture", SkipCause.OUTSIDE
        )
    whole = np.zeros(shape, bool)
    whole[top : bottom + 1, left : right + 1] = picture > 0
    return whole
