"""YOLO's text files: boxes, turned boxes, and polygons, in shares of the picture.

Format: https://docs.ultralytics.com/datasets/. `data.yaml` names the classes and the folders of
pictures; a picture's file is in `labels/` in the place of `images/`. A line is a class and four
numbers (a box's middle, width and height), eight (the corners of a turned box), or a polygon's
corners. A picture without a file, or with an empty one, shows nothing.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from handseg_ros.datasets.conversion.boxes import boxed
from handseg_ros.datasets.conversion.labels import left_out
from handseg_ros.datasets.conversion.layout import check_layout, names_in, nothing_in
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.segmentation.errors import MediaError

FILE, PICTURES, LABELS = "data.yaml", "images", "labels"
_SPLITS = ("train", "val", "valid", "test")
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
    folders = _picture_folders(file, content)
    length = sum(len(names_in(folder)) for folder in folders)
    if not length:
        raise nothing_in(file.parent, f"{PICTURES}/train or what '{file.name}' names")
    for folder in folders:
        if not _label_folder(folder).is_dir():
            raise MediaError(
                f"'{folder}' has no labels, which should be in '{_label_folder(folder)}': "
                "unpack them there"
            )
    whole = _Set(names, options, area_of)
    return SourceSet(file.parent.name, length, partial(_members, file.parent, folders, whole))


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


def _picture_folders(file: Path, content: Mapping[str, Any]) -> list[Path]:
    """Return the folders of pictures that are there, each once.

    Paths are from `path` on, or from the file; exporters write `../train/images` for what lies
    beside the file.
    """
    roots = [file.parent / str(content.get("path") or "."), file.parent]
    found: dict[Path, None] = {}
    for split in _SPLITS:
        told = content.get(split)
        for name in told if isinstance(told, list) else [told] if told else []:
            plain = str(name).removeprefix("../")
            places = [root / part for root in roots for part in (str(name), plain)]
            folder = next((place for place in places if place.is_dir()), None)
            if folder is not None:
                found[Path(os.path.normpath(folder))] = None  # links stay: labels/ is beside
    return list(found)


def _members(root: Path, folders: list[Path], whole: _Set) -> Iterator[Member]:
    for folder in folders:
        parts = [part for part in _below(folder, root).parts if part != PICTURES]
        split = "/".join(parts)
        for name in names_in(folder):
            stem = Path(name).stem
            member = f"{split}/{stem}" if split else stem
            yield Member(member, partial(_read, folder, name, split or root.name, whole))


def _below(folder: Path, root: Path) -> Path:
    return folder.relative_to(root) if folder.is_relative_to(root) else Path(folder.name)


def _read(folder: Path, name: str, sequence: str, whole: _Set) -> ConvertedFrame:
    picture = StoredPicture.read(folder / name)
    rows = _rows(_label_folder(folder) / f"{Path(name).stem}.txt")
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
    return ConvertedFrame(picture, areas, sequence, notes=(*frame.notes, *left_out(others)))


def _label_folder(folder: Path) -> Path:
    """Return where the labels of a folder of pictures are: its last `images` is `labels` there."""
    parts = list(folder.parts)
    if PICTURES in parts:
        parts[len(parts) - 1 - parts[::-1].index(PICTURES)] = LABELS
    return Path(*parts)


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
