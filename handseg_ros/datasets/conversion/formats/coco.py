"""COCO's instances, and the boxes of hands of COCO-WholeBody.

Formats: https://cocodataset.org/#format-data, and Jin et al., "Whole-Body Human Pose Estimation in
the Wild", ECCV 2020: a person has `lefthand_box` and `righthand_box`, each with a `_valid`. What
this package has converted before is read with all it has.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.annotations import PERSON_LABEL
from handseg_ros.datasets.coco.file import (
    ANNOTATIONS,
    CATEGORIES,
    IMAGES,
    CocoImage,
    coco_files_in,
    coco_image,
    coco_items,
    id_key,
)
from handseg_ros.datasets.coco.picture_finder import PictureFinder, plain_path
from handseg_ros.datasets.conversion.boxes import boxed
from handseg_ros.datasets.conversion.labels import LabelMeanings, left_out
from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.member import (
    Attribute,
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.field_names import PERSON, SIDE, SOURCE, TOGETHER, TRACK
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.label_options import LabelOrientation
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import sequence_of
from handseg_ros.datasets.polygons import is_number, polygons_mask, runs_mask
from handseg_ros.segmentation.errors import MediaError

# COCO-WholeBody's fields of a person, and what they are boxes of.
HAND_BOXES = {"lefthand": "left_hand", "righthand": "right_hand"}
_OWN = (SIDE, TOGETHER, TRACK)


@dataclass(frozen=True)
class _Set:
    """What all pictures have in common: the categories' names by id, and what was asked for."""

    title: str
    names: Mapping[str, str]
    finder: PictureFinder
    options: ConversionOptions

    @property
    def meanings(self) -> LabelMeanings:
        return self.options.meanings


def open_coco_instances(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a COCO file, or of the only one in a folder; raises MediaError."""
    file = _file_at(path)
    names: dict[str, str] = {}
    images: list[bytes] = []
    annotations: dict[str, list[bytes]] = defaultdict(list)
    has_hand_boxes = False
    for kind, item in coco_items(file, IMAGES, ANNOTATIONS, CATEGORIES):
        if kind == IMAGES:
            images.append(json.dumps(item).encode())
        elif kind == CATEGORIES:
            names[id_key(item.get("id"))] = str(item.get("name"))
        else:
            annotations[id_key(item.get("image_id"))].append(json.dumps(item).encode())
            has_hand_boxes = has_hand_boxes or any(f"{name}_box" in item for name in HAND_BOXES)
    if not has_hand_boxes:
        options.meanings.check(names.values(), f"'{file}'")
    whole = _Set(file.stem, names, PictureFinder(file), options)
    return SourceSet(_title(path, file), len(images), partial(_members, whole, images, annotations))


def _file_at(path: Path) -> Path:
    if path.is_file() and path.suffix.lower() == ".json":
        return path
    check_layout(path, (), "a COCO file or the folder of one")
    files = coco_files_in(path)
    if len(files) != 1:
        names = ", ".join(file.relative_to(path).as_posix() for file in files) or "none"
        raise MediaError(f"'{path}' should have one COCO file, and has {names}: give the file")
    return files[0]


def _title(path: Path, file: Path) -> str:
    return path.name if path.is_dir() else file.stem


def _members(
    whole: _Set, images: list[bytes], annotations: Mapping[str, list[bytes]]
) -> Iterator[Member]:
    for line in images:
        item = json.loads(line)
        image = coco_image(item)
        plain = plain_path(image.file_name).removeprefix("images/")
        name = Path(plain).with_suffix("").as_posix() if plain else f"image {image.id}"
        own = annotations.get(image.id, ())
        yield Member(name, partial(_read, whole, item, image, own, name))


def _read(
    whole: _Set,
    item: Mapping[str, Any],
    image: CocoImage,
    annotations: Sequence[bytes],
    name: str,
) -> ConvertedFrame:
    picture = StoredPicture.read(whole.finder.find(image.file_name).path)
    drawn_on = whole.options.labels.orientation
    if image.is_upright:
        drawn_on = LabelOrientation.UPRIGHT
    frame = picture.label_frame(image.shape, drawn_on)
    areas, others = [], set()
    for annotation in map(json.loads, annotations):
        label = whole.names.get(id_key(annotation.get("category_id")))
        if label is None:
            raise UnusableError("an annotation of its label is of a category that the file lacks")
        meaning = whole.meanings.of(label)
        if meaning is None:
            others.add(label)
        elif meaning != PERSON_LABEL or annotation.get("segmentation"):
            areas.append(_area(annotation, meaning, frame))
        areas += _hands_of_person(annotation, frame)
    return ConvertedFrame(
        picture,
        areas,
        image.sequence or sequence_of(name, whole.title),
        person=_text(item.get(PERSON)),
        source=_text(item.get(SOURCE)),
        tags={name: text for name, text in image.tags.items() if name not in (SOURCE, PERSON)},
        notes=(*frame.notes, *left_out(others)),
        background=image.background,
    )


def _area(item: Mapping[str, Any], label: str, frame: LabelFrame) -> ConvertedArea:
    told = item.get("attributes")
    attributes = told if isinstance(told, Mapping) else {}
    kept = {name: value for name, value in attributes.items() if name not in _OWN}
    segmentation = item.get("segmentation")
    if not segmentation:
        return _box(label, item.get("bbox"), frame, kept)
    return ConvertedArea(
        label,
        frame.turned(_mask(segmentation, frame.shape)),
        is_crowd=item.get("iscrowd") in (True, 1),
        is_together=attributes.get(TOGETHER) is True,
        track=_number(item.get(TRACK, attributes.get(TRACK))),
        attributes=kept,
    )


def _mask(segmentation: Any, shape: tuple[int, int]) -> np.ndarray:
    if isinstance(segmentation, Mapping):
        return runs_mask(segmentation, shape)
    is_flat = isinstance(segmentation, list) and not isinstance(segmentation[0], list)
    return polygons_mask([segmentation] if is_flat else segmentation, shape)


def _hands_of_person(item: Mapping[str, Any], frame: LabelFrame) -> Iterator[ConvertedArea]:
    for name, label in HAND_BOXES.items():
        if item.get(f"{name}_valid"):
            yield _box(label, item.get(f"{name}_box"), frame, {})


def _box(
    label: str, box: Any, frame: LabelFrame, attributes: Mapping[str, Attribute]
) -> ConvertedArea:
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
        raise UnusableError("an annotation of its label has neither a segmentation nor a box")
    left, top, width, height = box
    return boxed(label, [(left, top), (left + width, top + height)], frame, attributes)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return int(value) if is_number(value) else None
