"""What a COCO file says, as far as it is needed: lenient with what is left out anyway.

Format: https://cocodataset.org/#format-data. Tools differ: ids may be numbers or texts, `iscrowd`
null or missing, a polygon not in a list of polygons, `track_id` among `attributes` (CVAT).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handseg_ros.datasets.annotations import LABELS, PERSON_LABEL, normal_label
from handseg_ros.datasets.field_names import (
    BACKGROUND,
    ORIENTATION,
    PERSON,
    SOURCE,
    TOGETHER,
    TRACK,
    UPRIGHT,
)
from handseg_ros.datasets.folder_files import files_below
from handseg_ros.datasets.frames import Skipped
from handseg_ros.datasets.json_lists import JsonLists
from handseg_ros.datasets.polygons import is_number
from handseg_ros.media.sources import PICTURE_SUFFIXES
from handseg_ros.segmentation.errors import MediaError

IMAGES, ANNOTATIONS, CATEGORIES = "images", "annotations", "categories"
_LISTS = (IMAGES, ANNOTATIONS, CATEGORIES)
_CROWD = (True, 1, "1", "true")


@dataclass(frozen=True, slots=True)
class CocoImage:
    """One image; `shape` is (height, width), None where it is not told.

    `is_upright` says that its labels are drawn on the picture turned upright, as its EXIF says.
    `background` names the picture of the same view without hands, where there is one.
    """

    id: str
    file_name: str
    shape: tuple[int, int] | None
    sequence: str | None
    tags: Mapping[str, str]
    is_upright: bool = False
    background: str | None = None


@dataclass(frozen=True, slots=True)
class CocoAnnotation:
    """One area of an image; `label` is None for a category that the file does not name.

    `drawn` is its `segmentation` as JSON, which takes a quarter of the memory. `is_together` says
    that it stands for all hands of its image; `attributes` is what else is told of it.
    """

    label: str | None
    drawn: bytes
    is_crowd: bool
    track: int | None
    is_together: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def segmentation(self) -> Any:
        """Return it as it stands in the file, checked by who makes a mask of it."""
        return json.loads(self.drawn)


@dataclass(frozen=True)
class CocoContent:
    """Images in their order, the annotations that concern us by the images' ids, and labels.

    `others` are the labels that were left out of each image that had some; `lost` tells of
    annotations that belong to no image.
    """

    images: tuple[CocoImage, ...]
    annotations: Mapping[str, tuple[CocoAnnotation, ...]]
    labels: frozenset[str]
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lost: tuple[Skipped, ...] = field(default=())


def json_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield those of some paths that are called as JSON files are, in capitals or not."""
    return (path for path in paths if path.suffix.lower() == ".json")


def coco_files_in(folder: Path) -> list[Path]:
    """Return the COCO files of a folder, or of its `annotations/`, as tools export them.

    None where a JSON file lies beside a picture of its name, which is how labelme does it.
    """
    files = sorted(json_files([*folder.glob("*"), *folder.glob("annotations/*")]))
    if not files or _is_any_beside_its_picture(list(files_below(folder))):
        return []
    return [file for file in files if _is_coco(file)]


def _is_any_beside_its_picture(files: Sequence[Path]) -> bool:
    """Whether a JSON file lies beside a picture of its name, in capitals or not."""
    pictures = {file.with_suffix("") for file in files if file.suffix.lower() in PICTURE_SUFFIXES}
    return any(file.with_suffix("") in pictures for file in json_files(files))


def _is_coco(file: Path) -> bool:
    """Return whether a JSON file looks like COCO's instances."""
    content = JsonLists(file)
    try:
        for _ in content.items(()):
            pass
    except (OSError, ValueError, RecursionError):
        return False
    return content.lists.issuperset(_LISTS)


def read_coco(path: Path) -> CocoContent:
    """Return what a file says; raises MediaError where it is none, or contradicts itself.

    It is read twice, an item at a time, as what annotations refer to may come after them.
    """
    images: list[CocoImage] = []
    categories: list[Mapping[str, Any]] = []
    ids = OwnIds(path, IMAGES)
    for name, item in coco_items(path, IMAGES, CATEGORIES):
        if name == IMAGES:
            ids.take(item)
            images.append(coco_image(item))
        else:
            categories.append(item)
    labels = _labels(path, categories)
    annotations = (item for _, item in coco_items(path, ANNOTATIONS))
    return _assigned(path, annotations, tuple(images), labels)


def coco_items(path: Path, *wanted: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the items of some lists of a file, each with the list's name, in the file's order.

    Raises MediaError where it cannot be read, or is no file of COCO's instances.
    """
    content = JsonLists(path)
    try:
        for name, item in content.items(wanted):
            if not isinstance(item, dict):
                raise _no_coco(path, f"it has no list {name}")
            yield name, item
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(f"{path} cannot be read as JSON ({error}): export it again") from error
    missing = [name for name in _LISTS if name not in content.lists]
    if missing:
        is_object = content.is_object
        raise _no_coco(path, f"it has no list {missing[0]}" if is_object else "it is no object")


def _no_coco(path: Path, trouble: str) -> MediaError:
    return MediaError(
        f"{path} is no COCO file of instances ({trouble}): export it as COCO, or give a folder"
    )


def _labels(path: Path, categories: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the label of each category by its id; raises MediaError for two of one id."""
    names = category_names(path, categories)
    return {number: normal_label(name) for number, name in names.items()}


def category_names(path: Path, categories: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the name of each category by its id; raises MediaError for two of one id."""
    names: dict[str, str] = {}
    for item in categories:
        number, name = id_key(item.get("id")), str(item.get("name"))
        if normal_label(names.setdefault(number, name)) != normal_label(name):
            raise _twice(path, CATEGORIES, number)
    return names


class OwnIds:
    """Ids of a file's list: where one stands twice, an image would have another's areas too."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what = path, what
        self._seen: set[str] = set()

    def take(self, item: Mapping[str, Any]) -> None:
        """Take one more item; raises MediaError where another has its id."""
        own = id_key(item.get("id"))
        if own in self._seen:
            raise _twice(self._path, self._what, own)
        self._seen.add(own)

    def take_any(self, item: Mapping[str, Any]) -> None:
        """Take an item that may have no id; raises as `take` does."""
        if id_key(item.get("id")):
            self.take(item)


def _twice(path: Path, what: str, number: str) -> MediaError:
    named = f"of the id {number}" if number else "without an id"
    return MediaError(
        f"'{path}' has two {what} {named}: number them anew, as where files were joined, or export "
        "it again"
    )


def is_crowd(item: Mapping[str, Any]) -> bool:
    """Return whether an annotation is of several hands, or of what nobody outlined one by one."""
    return item.get("iscrowd") in _CROWD


def coco_image(item: Mapping[str, Any]) -> CocoImage:
    """Return what a file says of an image."""
    name = item.get("file_name")
    sides = [item.get("height"), item.get("width")]
    told = [item.get(key) for key in ("sequence", "video_id")]
    tags, background = item.get("tags"), item.get(BACKGROUND)
    words = {name: item[name] for name in (SOURCE, PERSON) if item.get(name) is not None}
    words.update(tags if isinstance(tags, dict) else {})
    return CocoImage(
        id_key(item.get("id")),
        name if isinstance(name, str) else "",
        _shape(sides),
        next((sys.intern(str(own)) for own in told if own is not None), None),
        {sys.intern(str(k)): sys.intern(str(v)) for k, v in words.items()},
        item.get(ORIENTATION) == UPRIGHT,
        background if isinstance(background, str) and background else None,
    )


def _shape(sides: list[Any]) -> tuple[int, int] | None:
    """Return a size that is told; exporters write 0 or null for one that is not known."""
    if all(is_number(side) and side > 0 and side == int(side) for side in sides):
        return int(sides[0]), int(sides[1])
    return None


def _assigned(
    path: Path,
    annotations: Iterable[Mapping[str, Any]],
    images: tuple[CocoImage, ...],
    labels: Mapping[str, str],
) -> CocoContent:
    own: dict[str, list[CocoAnnotation]] = defaultdict(list)
    others: dict[str, set[str]] = defaultdict(set)
    known, lost, tracks = {image.id for image in images}, [], _Tracks()
    shared: dict[bytes, dict[str, Any]] = {}
    ids = OwnIds(path, ANNOTATIONS)
    for item in annotations:
        ids.take_any(item)
        image, label = id_key(item.get("image_id")), labels.get(id_key(item.get("category_id")))
        if label == PERSON_LABEL:
            continue
        if label is not None and label not in LABELS:
            others[image].add(label)
            continue
        if image not in known:
            lost.append(Skipped(f"annotation {item.get('id')}", f"there is no image {image}"))
            continue
        told = item.get("attributes")
        attributes = dict(told) if isinstance(told, dict) else {}
        attributes.pop(TRACK, None)
        is_together = attributes.pop(TOGETHER, False) is True
        # Most annotations have the same attributes as others.
        attributes = shared.setdefault(_as_json(attributes), attributes)
        drawn, track = _as_json(item.get("segmentation")), tracks.number(item)
        own[image].append(
            CocoAnnotation(label, drawn, is_crowd(item), track, is_together, attributes)
        )
    content = {image: tuple(items) for image, items in own.items()}
    left_out = {image: frozenset(names) for image, names in others.items()}
    return CocoContent(images, content, frozenset(labels.values()), left_out, tuple(lost))


def _as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class _Tracks:
    """Numbers of tracks: whole numbers stay, texts get numbers that no other has, below 0."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}

    def number(self, item: Mapping[str, Any]) -> int | None:
        attributes = item.get("attributes")
        own = item.get(TRACK)
        if own is None and isinstance(attributes, dict):
            own = attributes.get(TRACK)
        if own is None or own == "":
            return None
        if is_number(own) and own == int(own):
            return int(own)
        return self._texts.setdefault(str(own), -1 - len(self._texts))


def id_key(value: Any) -> str:
    """Return an id as text, so that 7, 7.0 and "7" are one."""
    if is_number(value) and value == int(value):
        return str(int(value))
    return "" if value is None else str(value).strip()
