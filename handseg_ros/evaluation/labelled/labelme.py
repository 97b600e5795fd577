"""A folder of labelme's JSON files, one beside each picture: polygons and rectangles.

Format: https://github.com/wkentaro/labelme. Labels are those of `shapes.LABELS`. Shapes of one
label and one `group_id` are one hand. A file's own `flags` are its tags. Folders are sequences. A
picture without a file has no label; a file without shapes tells of a picture without a hand. JSON
files of other kinds are left aside.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from handseg_ros.evaluation.labelled.folder import pictures_below, sequence_of
from handseg_ros.evaluation.labelled.frames import LabelledFrame
from handseg_ros.evaluation.labelled.listed import (
    Entry,
    ListedFrames,
    UnusableError,
    read_frame_picture,
)
from handseg_ros.evaluation.labelled.shapes import (
    LABELS,
    OBJECT_LABEL,
    Area,
    normal_label,
    polygons_mask,
    truth_of,
)
from handseg_ros.image_messages.pictures import decode_picture, picture_to_bgr
from handseg_ros.media.sources import PICTURE_FLAGS, natural_order
from handseg_ros.segmentation.errors import ImageError
from handseg_ros.segmentation.validation import read_as


@dataclass(frozen=True)
class _Shape:
    label: str
    points: list[tuple[float, float]]
    group_id: int | None = None
    shape_type: str = "polygon"


@dataclass(frozen=True)
class _File:
    shapes: list[_Shape]
    picture: str = ""
    data: str | None = None
    flags: dict[str, bool] = field(default_factory=dict)


def is_labelme_folder(path: Path) -> bool:
    """Return whether a path is a folder with JSON files in it or below it."""
    return path.is_dir() and next(path.rglob("*.json"), None) is not None


def open_labelme(path: Path) -> ListedFrames:
    """Return the labelled set of a folder; raises MediaError."""
    pictures = pictures_below(path)
    files = {_name(path, file): file for file in path.rglob("*.json")}
    labels = {name: file for name, file in files.items() if name in pictures or _is_label(file)}
    names = sorted({*labels, *pictures}, key=lambda name: natural_order(Path(name)))
    return ListedFrames(
        path.name,
        [
            Entry(name, _Reader(path.name, name, labels.get(name), pictures.get(name)))
            for name in names
        ],
    )


def _is_label(file: Path) -> bool:
    """Return whether a file without a picture of its name is a label, or a damaged one."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return True
    return isinstance(content, dict) and "shapes" in content


def _name(folder: Path, file: Path) -> str:
    return file.relative_to(folder).with_suffix("").as_posix()


class _Reader:
    """Reads one frame of a folder; one of its label and its picture may be missing."""

    def __init__(self, title: str, name: str, label: Path | None, picture: Path | None) -> None:
        self._title, self._name, self._label, self._picture = title, name, label, picture

    def __call__(self) -> LabelledFrame:
        sequence = sequence_of(self._name, self._title)
        if self._label is None:
            assert self._picture is not None, "a frame has a label or a picture"
            return LabelledFrame(self._name, sequence, read_frame_picture(self._picture), None)
        content = _read(self._label)
        image = _image(content, self._label)
        areas = _areas(content.shapes, (image.shape[0], image.shape[1]))
        has_objects = any(area.label == OBJECT_LABEL for area in areas)
        truth = truth_of(areas, (image.shape[0], image.shape[1]), has_objects)
        tags = {name: "yes" if flag else "no" for name, flag in content.flags.items()}
        return LabelledFrame(self._name, sequence, image, truth, tags)


def _read(file: Path) -> _File:
    try:
        content = json.loads(file.read_bytes())
        picture, data = content.get("imagePath", ""), content.get("imageData")
        return read_as(_File, {**content, "picture": picture, "data": data})
    except (AttributeError, OSError, RecursionError, ValueError) as error:
        raise UnusableError("its JSON file is damaged or not labelme's") from error


def _image(content: _File, label: Path) -> np.ndarray:
    # labelme on Windows writes backslashes.
    file = label.parent / content.picture.replace("\\", "/")
    if content.picture and file.is_file():
        return read_frame_picture(file)
    try:
        data = base64.b64decode(content.data or "", validate=True)
        return picture_to_bgr(decode_picture(data, "the picture", PICTURE_FLAGS))
    except (binascii.Error, ImageError) as error:
        raise UnusableError(
            "its picture is neither where imagePath says nor in the file"
        ) from error


def _areas(shapes: Sequence[_Shape], shape: tuple[int, int]) -> list[Area]:
    polygons: dict[tuple[str, int | str], list[list[float]]] = {}
    for number, item in enumerate(shapes):
        label = normal_label(item.label)
        if label not in LABELS:
            raise UnusableError(f"its label '{item.label}' is none of {', '.join(LABELS)}")
        group = f"alone {number}" if item.group_id is None else item.group_id
        polygons.setdefault((label, group), []).append(_corners(item))
    return [Area(polygons_mask(parts, shape), label) for (label, _), parts in polygons.items()]


def _corners(item: _Shape) -> list[float]:
    if item.shape_type == "rectangle" and len(item.points) == 2:
        (left, top), (right, bottom) = item.points
        return [left, top, right, top, right, bottom, left, bottom]
    if item.shape_type != "polygon":
        raise UnusableError(f"its label has a {item.shape_type}, but polygons are read alone")
    return [value for point in item.points for value in point]
