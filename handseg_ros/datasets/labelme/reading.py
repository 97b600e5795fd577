"""A folder of labelme's JSON files, one beside each picture: polygons, rectangles and masks.

Format: labelme_file.py. Labels are those of `shapes.LABELS`; shapes of others are left out beside
them. Shapes of one label and one `group_id` are one hand. A file's own `flags` are its tags.
Folders are sequences. A picture without a file has no label; a file without shapes tells of a
picture without a hand. JSON files of other kinds are left aside.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from os.path import isfile  # False, too, for names that no file can have
from pathlib import Path

import numpy as np

from handseg_ros.datasets.annotations import (
    LABELS,
    OBJECT_LABEL,
    empty_notes,
    ground_truth_of,
)
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.area_attributes import area_with
from handseg_ros.datasets.coco.file import json_files
from handseg_ros.datasets.first_labels import LABELME, FirstLabels
from handseg_ros.datasets.folder_files import files_below
from handseg_ros.datasets.frame_picture import FramePicture, read_frame_picture
from handseg_ros.datasets.frames import LabelledFrame, SkipCause
from handseg_ros.datasets.label_options import LabelOptions, LabelOrientation
from handseg_ros.datasets.labelme.file import (
    LabelmeContent,
    LabelmeShape,
    read_labelme,
    shape_mask,
)
from handseg_ros.datasets.lazy_frames import Entry, LazyFrames, UnusableError
from handseg_ros.datasets.mask_folder.reading import pictures_below, sequence_of
from handseg_ros.datasets.polygons import reaches_out
from handseg_ros.media.sources import natural_order
from handseg_ros.segmentation.errors import ImageError

_STRAY = "a stray click of its label, which has no area, was left out"


def is_labelme_folder(path: Path) -> bool:
    """Return whether a path is a folder with JSON files in it or below it."""
    return path.is_dir() and next(json_files(files_below(path)), None) is not None


def open_labelme(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the labelled set of a folder; raises MediaError."""
    pictures = pictures_below(path)
    files = {_name(path, file): file for file in json_files(files_below(path))}
    labels = {name: file for name, file in files.items() if name in pictures or _is_label(file)}
    whole = _Set(
        path.name, label_options or LabelOptions(), FirstLabels.near((path, path.parent), LABELME)
    )
    names = sorted({*labels, *pictures}, key=lambda name: natural_order(Path(name)))
    return LazyFrames(
        path.name,
        [Entry(name, _Reader(whole, name, labels.get(name), pictures.get(name))) for name in names],
    )


def read_labelled_picture(folder: Path, file: Path) -> LabelledFrame:
    """Return a frame by its label's file, somewhere below the folder of a set.

    Raises ImageError for its picture, and UnusableError for its label.
    """
    whole = _Set(folder.name, LabelOptions(), None)
    return _Reader(whole, _name(folder, file), file, None)()


def _is_label(file: Path) -> bool:
    """Return whether a file without a picture of its name is a label, or a damaged one."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return True
    return isinstance(content, dict) and "shapes" in content


def _name(folder: Path, file: Path) -> str:
    return file.relative_to(folder).with_suffix("").as_posix()


@dataclass(frozen=True)
class _Set:
    """What all frames of a folder have in common."""

    title: str
    label_options: LabelOptions
    first: FirstLabels | None


class _Reader:
    """Reads one frame of a folder; one of its label and its picture may be missing."""

    def __init__(self, whole: _Set, name: str, label: Path | None, picture: Path | None) -> None:
        self._whole, self._name = whole, name
        self._label, self._picture = label, picture

    def __call__(self) -> LabelledFrame:
        sequence = sequence_of(self._name, self._whole.title)
        if self._label is None:
            assert self._picture is not None, "a frame has a label or a picture"
            pixels = read_frame_picture(self._picture).pixels
            return LabelledFrame(self._name, sequence, pixels, None, file=self._picture)
        content = read_labelme(self._label)
        file = _picture_file(content, self._label)
        picture = _picture(content, file)
        frame = picture.label_frame(content.shape, self._drawn_on(content))
        shapes, notes = _of_ours(content)
        areas = _areas(shapes, frame.shape)
        has_objects = any(area.label == OBJECT_LABEL for area in areas)
        ground_truth = frame.turned_ground_truth(ground_truth_of(areas, frame.shape, has_objects))
        notes = (*frame.notes, *notes, *empty_notes(areas))
        first = self._whole.first
        origin = None if first is None else first.origin(self._label.stem, content.digest)
        return LabelledFrame(
            self._name,
            content.sequence or sequence,
            picture.pixels,
            ground_truth,
            content.tags,
            notes=notes,
            origin=origin,
            file=file,
        )

    def _drawn_on(self, content: LabelmeContent) -> LabelOrientation:
        chosen = self._whole.label_options.orientation
        if content.is_upright and chosen is LabelOrientation.AUTO:
            return LabelOrientation.UPRIGHT
        return chosen


def _picture_file(content: LabelmeContent, label: Path) -> Path | None:
    """Return the picture that a label names, None where there is no such file."""
    # labelme on Windows writes backslashes; a path of another machine ends in the picture's name.
    path = content.picture.replace("\\", "/")
    files = (label.parent / path, label.parent / path.rpartition("/")[2])
    return next((file for file in files if path and isfile(file)), None)


def _picture(content: LabelmeContent, file: Path | None) -> FramePicture:
    if file is not None:
        return read_frame_picture(file)
    try:
        return FramePicture.decoded(base64.b64decode(content.data, validate=True))
    except (binascii.Error, ImageError, ValueError) as error:
        raise UnusableError(
            "its picture is neither where imagePath says nor in the file", SkipCause.PICTURE
        ) from error


def _of_ours(content: LabelmeContent) -> tuple[list[LabelmeShape], tuple[str, ...]]:
    """Return the shapes of hands and objects, and what is told of those that were left out.

    Raises UnusableError where none is left, as a label that was mistyped would mean "no hand";
    labels that somebody saw when they labelled the hands are not mistyped.
    """
    ours = [item for item in content.shapes if item.label in LABELS]
    others = sorted({item.label for item in content.shapes} - set(LABELS))
    unseen = [label for label in others if label not in content.others]
    if unseen and not ours:
        raise UnusableError(
            f"its label '{unseen[0]}' is none of {', '.join(LABELS)}", SkipCause.VALUES
        )
    kept = [item for item in ours if item.has_area] or ours
    notes = [f"shapes of its label '{other}' were left out" for other in others]
    return kept, (*notes, *([_STRAY] if len(kept) < len(ours) else []))


def _areas(shapes: Sequence[LabelmeShape], shape: tuple[int, int]) -> list[Area]:
    parts: dict[tuple[str, Hashable], list[LabelmeShape]] = {}
    for number, item in enumerate(shapes):
        group = ("alone", number) if item.group is None else item.group
        parts.setdefault((item.label, group), []).append(item)
    return [_area(own, shape) for own in parts.values()]


def _area(shapes: Sequence[LabelmeShape], shape: tuple[int, int]) -> Area:
    """Return the area of the shapes of one hand or object."""
    mask = np.logical_or.reduce([shape_mask(item, shape) for item in shapes])
    is_cut = any(item.has_corners and reaches_out([_flat(item)], shape) for item in shapes)
    return area_with(mask, shapes[0].label, shapes[0].attributes, is_cut)


def _flat(item: LabelmeShape) -> list[float]:
    return [value for corner in item.points for value in corner]
