"""Label Studio's JSON export: polygons and boxes in per cent, brush strokes in runs of its own.

Format: https://labelstud.io/guide/task_format and https://labelstud.io/guide/export. A task's first
annotation that was not cancelled counts. A box may be turned clockwise around its top left corner.
The file is read twice, a task at a time: its labels first, so that a wrong one is told at once.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.coco.picture_finder import PictureFinder, plain_path
from handseg_ros.datasets.conversion.boxes import boxed, rectangle, rotated
from handseg_ros.datasets.conversion.brush_runs import brush_values
from handseg_ros.datasets.conversion.labels import left_out
from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.json_lists import NoListError, list_items
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import sequence_of
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.segmentation.errors import MediaError

_KINDS = ("polygonlabels", "brushlabels", "rectanglelabels")
_WHOLE = 100.0
# A stroke is a picture with red, green, blue and alpha.
_CHANNELS, _ALPHA = 4, 3


def open_label_studio(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of an export's JSON file, or of a folder with one; raises MediaError."""
    file = path
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if len(files) != 1:
            raise MediaError(f"'{path}' has {len(files)} JSON files, not one: give the file")
        file = files[0]
    else:
        check_layout(path.parent, (), "the folder of an export")
    length, labels = 0, set()
    for task in _tasks(file):
        length += 1
        labels |= {name for item in _results(task) for name in _labels(item)}
    options.meanings.check(labels, f"'{file}'")
    title = path.name if path.is_dir() else path.stem
    return SourceSet(title, length, partial(_members, file, title, options))


def _tasks(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the tasks one by one, so that memory holds one; raises MediaError."""
    try:
        for task in list_items(file):
            if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
                raise NoListError("an item is no task")
            yield task
    except NoListError as error:
        raise MediaError(
            f"'{file}' is no export of Label Studio's: export the project as JSON"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(f"'{file}' cannot be read as JSON ({error}): export it again") from error


def _members(file: Path, title: str, options: ConversionOptions) -> Iterator[Member]:
    finder = PictureFinder(file)
    for number, task in enumerate(_tasks(file)):
        texts = (value for value in task["data"].values() if isinstance(value, str))
        place = task["data"].get("image") or next(texts, "")
        plain = plain_path(str(place))
        name = Path(plain).with_suffix("").as_posix() if plain else f"task {number}"
        sequence = sequence_of(name, title)
        yield Member(name, partial(_read, finder, str(place), task, sequence, options))


def _results(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was drawn, none where nothing was."""
    annotations = task.get("annotations") or task.get("completions") or []
    for annotation in annotations:
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            result = annotation.get("result")
            return [item for item in result or () if item.get("type") in _KINDS]
    return []


def _labels(item: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in item.get("value", {}).get(item["type"]) or ()]


def _read(
    finder: PictureFinder,
    place: str,
    task: Mapping[str, Any],
    sequence: str,
    options: ConversionOptions,
) -> ConvertedFrame:
    if not any(not a.get("was_cancelled") for a in task.get("annotations") or ()):
        raise UnusableError("nobody labelled it")
    picture = StoredPicture.read(finder.find(place).path)
    areas, others, notes = [], set(), set()
    for item in _results(task):
        told = item.get("original_height"), item.get("original_width")
        frame = picture.label_frame(_shape(told), options.labels.orientation)
        notes |= set(frame.notes)
        for name in _labels(item)[:1]:
            label = options.meanings.of(name)
            if label is None:
                others.add(name)
                continue
            try:
                areas.append(_area(label, item, frame))
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise UnusableError("an area of its label is damaged") from error
    return ConvertedFrame(picture, areas, sequence, notes=(*sorted(notes), *left_out(others)))


def _shape(told: tuple[Any, Any]) -> tuple[int, int] | None:
    height, width = told
    return (int(height), int(width)) if height and width else None


def _area(label: str, item: Mapping[str, Any], frame: LabelFrame) -> ConvertedArea:
    """Return an area; raises UnusableError, and others for what is damaged."""
    value, (height, width) = item["value"], frame.shape
    if item["type"] == "rectanglelabels":
        left, top = value["x"] / _WHOLE * width, value["y"] / _WHOLE * height
        across, down = value["width"] / _WHOLE * width, value["height"] / _WHOLE * height
        corners = [(left, top), (left + across, top + down)]
        if value.get("rotation"):
            corners = rotated(rectangle(left, top, across, down), (left, top), value["rotation"])
        return boxed(label, corners, frame)
    if item["type"] == "polygonlabels":
        corners = [(x / _WHOLE * width, y / _WHOLE * height) for x, y in value["points"]]
        numbers = [number for corner in corners for number in corner]
        return ConvertedArea(label, frame.turned(polygons_mask([numbers], frame.shape)))
    values = brush_values(bytes(value["rle"]), height * width * _CHANNELS)
    alpha = values.reshape(height, width, _CHANNELS)[..., _ALPHA]
    return ConvertedArea(label, frame.turned(np.ascontiguousarray(alpha > 0)))
