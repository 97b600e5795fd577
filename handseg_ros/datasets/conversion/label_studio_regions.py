"""What was drawn on one picture in Label Studio: results of a task, and the areas that they are.

Format: https://labelstud.io/guide/task_format and https://labelstud.io/tags. A result has a `type`,
and in `value` a region in per cent of the picture, with names under the key of its type. Where a
control draws and another one names, a region has a result of each, of one `id`. A box is turned
clockwise around its top left corner, an ellipse around its middle.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handseg_ros.datasets.conversion.boxes import boxed, rectangle, rotated
from handseg_ros.datasets.conversion.brush_runs import brush_values
from handseg_ros.datasets.conversion.ellipses import ellipse_mask
from handseg_ros.datasets.conversion.labels import unread
from handseg_ros.datasets.conversion.member import ConvertedArea
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import is_number, polygons_mask

_WHOLE = 100.0
# A stroke is a picture with red, green, blue and alpha.
_CHANNELS, _ALPHA = 4, 3
# A question about the picture, or a region of it, which draws nothing.
_CHOICES = "choices"
# By these a region's value is known where its type is that of names alone.
_NAMES = "labels"
_KEYS = {
    "brushlabels": ("rle",),
    "polygonlabels": ("points",),
    "ellipselabels": ("radiusX", "radiusY"),
    "rectanglelabels": ("x", "y", "width", "height"),
}


@dataclass(frozen=True)
class Result:
    """One result: its type, what it names, its region, and the id that it shares with others."""

    kind: str
    names: tuple[str, ...]
    value: Mapping[str, Any]
    told: Mapping[str, Any]

    @classmethod
    def of(cls, item: Any) -> Result | None:
        """Return a result as it stands in an export, None for one of another kind."""
        value = item.get("value") if isinstance(item, dict) else None
        if not isinstance(value, dict) or not isinstance(kind := item.get("type"), str):
            return None
        names = value.get(kind)
        plain = names if isinstance(names, list) else []
        return cls(kind, tuple(name for name in plain if isinstance(name, str)), value, item)

    @property
    def is_region(self) -> bool:
        """Whether somebody drew it, be it named or not."""
        return self.kind.endswith(_NAMES) or f"{self.kind}{_NAMES}" in _KEYS

    @property
    def is_choice(self) -> bool:
        """Whether it says what the picture shows, and not where."""
        return self.kind == _CHOICES

    @property
    def frame_size(self) -> tuple[int, int] | None:
        """Height and width of the picture that it was drawn on, None where they are not told."""
        sides: list[Any] = [self.told.get(f"original_{name}") for name in ("height", "width")]
        height, width = (int(side) if is_number(side) else 0 for side in sides)
        return (height, width) if height and width else None


def named_regions(results: Sequence[Result]) -> list[Result]:
    """Return the regions that have names, each once.

    Raises UnusableError for one without a name, as it may be a hand, and for regions that do not
    lie on one picture as it is stored.
    """
    regions = [item for item in results if item.is_region]
    named = [item for item in regions if item.names]
    known = {item.told.get("id") for item in named} - {None}
    if any(item.told.get("id") not in known for item in regions if not item.names):
        raise UnusableError("a region of its label has no name: give it one, or delete it")
    if len({str(item.told.get("to_name")) for item in named}) > 1 or any(
        item.told.get("item_index") for item in named
    ):
        raise UnusableError("its task has regions on several pictures: make each picture a task")
    if any(item.told.get("image_rotation") for item in named):
        raise UnusableError(
            "its label was drawn while the picture was turned in Label Studio: turn it back there"
        )
    return named


def region_area(label: str, name: str, item: Result, frame: LabelFrame) -> ConvertedArea:
    """Return the area of a region; `name` is what its file calls the label.

    Raises UnusableError for one that is none, or is damaged.
    """
    kind = item.kind if item.kind != _NAMES else _kind_of(item.value)
    if kind not in _KEYS:
        raise unread(f"a region ({item.kind})", name, "a polygon, ellipse, brush stroke or box")
    try:
        if kind == "rectanglelabels":
            return boxed(label, _box_corners(item.value, frame.shape), frame)
        mask = _MASKS[kind](item.value, frame.shape)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnusableError("an area of its label is damaged") from error
    return ConvertedArea(label, frame.turned(mask))


def _kind_of(value: Mapping[str, Any]) -> str | None:
    return next((kind for kind, keys in _KEYS.items() if all(key in value for key in keys)), None)


def _box_corners(value: Mapping[str, Any], shape: tuple[int, int]) -> list[tuple[float, float]]:
    left, top = _pixels(value["x"], value["y"], shape)
    across, down = _pixels(value["width"], value["height"], shape)
    if value.get("rotation"):
        return rotated(rectangle(left, top, across, down), (left, top), value["rotation"])
    return [(left, top), (left + across, top + down)]


def _polygon_mask(value: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    numbers = [number for x, y in value["points"] for number in _pixels(x, y, shape)]
    return polygons_mask([numbers], shape)


def _ellipse_mask(value: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    middle = _pixels(value["x"], value["y"], shape)
    radii = _pixels(value["radiusX"], value["radiusY"], shape)
    return ellipse_mask(middle, radii, float(value.get("rotation") or 0), shape)


def _stroke_mask(value: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    height, width = shape
    values = brush_values(bytes(value["rle"]), height * width * _CHANNELS)
    alpha = values.reshape(height, width, _CHANNELS)[..., _ALPHA]
    return np.ascontiguousarray(alpha > 0)


def _pixels(x: float, y: float, shape: tuple[int, int]) -> tuple[float, float]:
    return x / _WHOLE * shape[1], y / _WHOLE * shape[0]


_MASKS: Mapping[str, Callable[[Mapping[str, Any], tuple[int, int]], np.ndarray]] = {
    "polygonlabels": _polygon_mask,
    "ellipselabels": _ellipse_mask,
    "brushlabels": _stroke_mask,
}
