"""YOLO's text files: boxes, turned boxes, and polygons, in shares of the picture.

Format: https://docs.ultralytics.com/datasets/. `data.yaml` names the classes and the pictures:
`yolo_pictures`. A line of a picture's label is a class and four numbers (a box's middle, width and
height), eight (the corners of a turned box), or a polygon's corners. A picture without a label's
file, or with an empty one, shows nothing.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from handseg_ros.datasets.conversion.boxes import boxed
from handseg_ros.datasets.conversion.labels import left_out
from handseg_ros.datasets.conversion.layout import check_layout, nothing_in
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.conversion.yolo_pictures import (
    PICTURES,
    YoloPicture,
    YoloPictures,
    yolo_pictures,
)
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.segmentation.errors import MediaError

FILE = "data.yaml"
_KEY_POINTS = "kpt_shape"
_BOX, _TURNED, _FEWEST = 4, 8, 6

_AreaOf = Callable[[str, Sequence[float], LabelFrame], ConvertedArea]


def open_yolo_boxes(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a data set of boxes, turned or not; raises MediaError."""
    return _open(path, options, _box_area)


def open_yolo_segments(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a data set of polygons; raises MediaError."""
    return _open(path, options, _segment_area)


@dataclass(frozen=True)
class _Set:
    title: str
    names: Mapping[int, str]
    options: ConversionOptions
    area_of: _AreaOf


def _open(path: Path, options: ConversionOptions, area_of: _AreaOf) -> SourceSet:
    file = path if path.is_file() and path.suffix in (".yaml", ".yml") else path / FILE
    if file != path:
        check_layout(path, (FILE,), "a data set of YOLO's")
    content = _content(file)
    names = _class_names(file, content)
    options.meanings.check(names.values(), f"'{file}'")
    if content.get(_KEY_POINTS):
        raise MediaError(
            f"'{file}' has key points ({_KEY_POINTS}), which are no areas and are not read: export "
            "boxes or polygons"
        )
    found = yolo_pictures(file, content)
    if not found.pictures:
        raise nothing_in(file.parent, f"{PICTURES}/train or what '{file.name}' names")
    whole = _Set(file.parent.name, names, options, area_of)
    length = len(found.pictures) + len(found.missing)
    return SourceSet(whole.title, length, partial(_members, found, whole))


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise MediaError(f"'{file}' cannot be read as YAML: export it again") from error
    if not isinstance(content, dict):
        raise MediaError(f"'{file}' names no classes: export it again")
    return content


def _class_names(file: Path, content: Mapping[str, Any]) -> dict[int, str]:
    names = content.get("names")
    pairs = names.items() if isinstance(names, dict) else enumerate(names or ())
    try:
        classes = {int(number): str(name) for number, name in pairs}
    except (TypeError, ValueError) as error:
        raise MediaError(f"'{file}' names classes that have no numbers: export it again") from error
    if not classes:
        raise MediaError(f"'{file}' names no classes: export it again")
    return classes


def _members(found: YoloPictures, whole: _Set) -> Iterator[Member]:
    for picture in found.pictures:
        yield Member(picture.name, partial(_read, picture, whole))
    for split, told in found.missing.items():
        yield Member(split, partial(_refuse, told))


def _refuse(told: str) -> ConvertedFrame:
    raise UnusableError(f"its split '{told}' is not there: put it there, or take it out of {FILE}")


def _read(own: YoloPicture, whole: _Set) -> ConvertedFrame:
    picture = StoredPicture.read(own.file)
    rows = _rows(own.label)
    orientation = whole.options.labels.orientation
    frame = picture.label_frame(None if rows else picture.shape, orientation)
    areas, others = [], set()
    for number, values in rows:
        if number not in whole.names:
            raise UnusableError(f"its label has the class {number}, which {FILE} does not name")
        label = whole.options.meanings.of(whole.names[number])
        if label is None:
            others.add(whole.names[number])
        else:
            areas.append(whole.area_of(label, values, frame))
    notes = (*frame.notes, *left_out(others))
    return ConvertedFrame(picture, areas, own.folder or whole.title, notes=notes)


def _rows(file: Path) -> list[tuple[int, list[float]]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UnusableError("its label has a line that is no row of numbers") from error
    for row in rows:
        if not row[0].is_integer() or not all(map(math.isfinite, row)):
            raise UnusableError("its label has a line that is no row of numbers")
        if not all(0 <= value <= 1 for value in row[1:]):
            raise UnusableError("its label has a number that is no share of the picture")
    return [(int(row[0]), row[1:]) for row in rows]


def _pixels(values: Sequence[float], frame: LabelFrame) -> list[tuple[float, float]]:
    height, width = frame.shape
    return [(x * width, y * height) for x, y in zip(values[::2], values[1::2], strict=True)]


def _box_area(label: str, values: Sequence[float], frame: LabelFrame) -> ConvertedArea:
    if len(values) == _BOX:
        x, y, width, height = values
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        return boxed(label, _pixels(corners, frame), frame)
    if len(values) == _TURNED:
        return boxed(label, _pixels(values, frame), frame)
    raise UnusableError(
        f"its label has a line of {len(values)} numbers, which is no box: for polygons give "
        "--format yolo-seg"
    )


def _segment_area(label: str, values: Sequence[float], frame: LabelFrame) -> ConvertedArea:
    if len(values) == _BOX:
        return _box_area(label, values, frame)
    if len(values) < _FEWEST or len(values) % 2:
        raise UnusableError(f"its label has a line of {len(values)} numbers, which is no polygon")
    numbers = [value for corner in _pixels(values, frame) for value in corner]
    return ConvertedArea(label, frame.turned(polygons_mask([numbers], frame.shape)))
