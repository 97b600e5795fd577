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
    OwnIds,
    category_names,
    coco_files_in,
    coco_image,
    coco_items,
    id_key,
    is_crowd,
)
from handseg_ros.datasets.coco.picture_finder import PictureFinder, plain_path
from handseg_ros.datasets.coco.picture_places import PicturePlace, picture_places
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
class _Content:
    """What a file says: its categories' names by id, and as JSON images, and annotations by theirs.

    `has_hand_boxes` tells that some are people of COCO-WholeBody's.
    """

    names: Mapping[str, str]
    images: Sequence[bytes]
    annotations: Mapping[str, Sequence[bytes]]
    has_hand_boxes: bool


@dataclass(frozen=True)
class _Set:
    """What all pictures have in common; `places` are where those of the images lie."""

    title: str
    content: _Content
    places: Sequence[PicturePlace]
    options: ConversionOptions

    @property
    def meanings(self) -> LabelMeanings:
        return self.options.meanings

    def label_of(self, annotation: Mapping[str, Any]) -> str | None:
        """Return what the file calls an annotation, None for a category that it lacks."""
        return self.content.names.get(id_key(annotation.get("category_id")))

    def lost_images(self) -> dict[str, int]:
        """Return how many annotations that mean something have an image that the file lacks."""
        known = {id_key(json.loads(image).get("id")) for image in self.content.images}
        own = self.content.annotations.items()
        counts = {image: sum(map(self._means, items)) for image, items in own if image not in known}
        return {image: count for image, count in counts.items() if count}

    def _means(self, annotation: bytes) -> bool:
        item = json.loads(annotation)
        label = self.label_of(item)
        is_of_hand = any(item.get(f"{name}_valid") for name in HAND_BOXES)
        return is_of_hand or label is None or self.meanings.of(label) not in (None, PERSON_LABEL)


def open_coco_instances(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a COCO file, or of the only one in a folder; raises MediaError."""
    file = _file_at(path)
    content = _content(file)
    if not content.has_hand_boxes:
        options.meanings.check(content.names.values(), f"'{file}'")
    images = [coco_image(json.loads(image)) for image in content.images]
    whole = _Set(file.stem, content, picture_places(PictureFinder(file), images), options)
    lost = whole.lost_images()
    length = len(images) + len(lost)
    return SourceSet(_title(path, file), length, partial(_members, whole, lost))


def _content(file: Path) -> _Content:
    """Return what a file says; raises MediaError where it contradicts itself."""
    images: list[bytes] = []
    annotations: dict[str, list[bytes]] = defaultdict(list)
    categories, has_hand_boxes = [], False
    image_ids, annotation_ids = OwnIds(file, IMAGES), OwnIds(file, ANNOTATIONS)
    for kind, item in coco_items(file, IMAGES, ANNOTATIONS, CATEGORIES):
        if kind == IMAGES:
            image_ids.take(item)
            images.append(json.dumps(item).encode())
        elif kind == CATEGORIES:
            categories.append(item)
        else:
            annotation_ids.take_any(item)
            annotations[id_key(item.get("image_id"))].append(json.dumps(item).encode())
            has_hand_boxes = has_hand_boxes or any(f"{name}_box" in item for name in HAND_BOXES)
    return _Content(category_names(file, categories), images, annotations, has_hand_boxes)


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


def _members(whole: _Set, lost: Mapping[str, int]) -> Iterator[Member]:
    for line, place in zip(whole.content.images, whole.places, strict=True):
        item = json.loads(line)
        image = coco_image(item)
        plain = plain_path(image.file_name).removeprefix("images/")
        name = Path(plain).with_suffix("").as_posix() if plain else f"image {image.id}"
        yield Member(name, partial(_read, whole, item, image, place, name))
    for number, count in lost.items():
        yield Member(f"image {number}", partial(_refuse, count))


def _refuse(count: int) -> ConvertedFrame:
    raise UnusableError(
        f"its file has annotations of it ({count}) but no such image: put it in among the images, "
        "or delete them"
    )


def _read(
    whole: _Set, item: Mapping[str, Any], image: CocoImage, place: PicturePlace, name: str
) -> ConvertedFrame:
    picture = StoredPicture.read(place.path)
    drawn_on = whole.options.labels.orientation
    if image.is_upright:
        drawn_on = LabelOrientation.UPRIGHT
    frame = picture.label_frame(image.shape, drawn_on)
    areas, others = [], set()
    for annotation in map(json.loads, whole.content.annotations.get(image.id, ())):
        label = whole.label_of(annotation)
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
    track = item.get(TRACK, attributes.get(TRACK))
    if isinstance(track, str) and track:
        kept[TRACK] = track
    segmentation = item.get("segmentation")
    if not segmentation:
        return _box(label, item.get("bbox"), frame, kept)
    return ConvertedArea(
        label,
        frame.turned(_mask(segmentation, frame.shape)),
        is_crowd=is_crowd(item),
        is_together=attributes.get(TOGETHER) is True,
        track=_number(track),
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
