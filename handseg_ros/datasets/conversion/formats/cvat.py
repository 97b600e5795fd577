"""CVAT for images 1.1: one XML file with polygons, masks, ellipses and boxes in pixels.

Format: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/. Shapes of one label and
one `group_id` are one hand. A mask has runs of 0 and 1 in turn, row after row of its box. A box and
an ellipse may be turned clockwise around their middles. Polylines, points, cuboids and skeletons
have no area, and a tag has no place: a picture that has a hand as such, is none without a hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from handseg_ros.datasets.annotations import HAND_LABELS
from handseg_ros.datasets.conversion.boxes import boxed, rectangle, rotated
from handseg_ros.datasets.conversion.ellipses import ellipse_mask
from handseg_ros.datasets.conversion.labels import left_out, unread
from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.field_names import SIDE
from handseg_ros.datasets.frame_picture import LabelFrame
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import sequence_of
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.segmentation.errors import MediaError

FILE, PICTURES = "annotations.xml", "images"
# Of a whole image, without a place in it.
_TAG = "tag"
_SIDED = {"left": "left_hand", "right": "right_hand"}


@dataclass(frozen=True)
class CvatShape:
    """One shape: its tag, its label, what the tag says, and CVAT's own attributes of the label."""

    kind: str
    label: str
    told: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CvatImage:
    """One image as it stands in the file."""

    name: str
    told: Mapping[str, str]
    shapes: tuple[CvatShape, ...]


def open_cvat(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a file, or of the folder of `annotations.xml`; raises MediaError."""
    file = path if path.is_file() and path.suffix.lower() == ".xml" else path / FILE
    if file != path:
        check_layout(path, (FILE,), "a data set of CVAT's")
    length, labels = 0, set()
    for image in _images(file):
        length += 1
        labels |= {shape.label for shape in image.shapes}
    if not length:
        raise MediaError(f"'{file}' has no images: export it as 'CVAT for images 1.1'")
    options.meanings.check(labels, f"'{file}'")
    title = path.name if path.is_dir() else path.stem
    return SourceSet(title, length, partial(_members, file, title, options))


def _members(file: Path, title: str, options: ConversionOptions) -> Iterator[Member]:
    for image in _images(file):
        name = Path(image.name).with_suffix("").as_posix()
        read = partial(_read, file.parent, image, sequence_of(name, title), options)
        yield Member(name, read)


def _images(file: Path) -> Iterator[CvatImage]:
    """Yield the images one by one, so that memory holds one; raises MediaError."""
    try:
        with file.open("rb") as opened:
            for _, element in ElementTree.iterparse(opened):
                if element.tag == "image":
                    yield _image(element)
                    element.clear()
    except ElementTree.ParseError as error:
        raise MediaError(f"'{file}' cannot be read as XML ({error}): export it again") from error


def _image(element: ElementTree.Element) -> CvatImage:
    shapes = tuple(
        CvatShape(
            child.tag,
            child.get("label", ""),
            dict(child.attrib),
            {item.get("name", ""): (item.text or "").strip() for item in child.iter("attribute")},
        )
        for child in element
        if child.get("label")
    )
    return CvatImage(element.get("name", "").replace("\\", "/"), dict(element.attrib), shapes)


def _read(
    folder: Path, image: CvatImage, sequence: str, options: ConversionOptions
) -> ConvertedFrame:
    picture = StoredPicture.read(_picture_file(folder, image))
    try:
        told = int(image.told["height"]), int(image.told["width"])
    except (KeyError, ValueError) as error:
        raise UnusableError("its label does not tell the picture's size") from error
    frame = picture.label_frame(told, options.labels.orientation)
    parts: dict[tuple[str, str], list[ConvertedArea]] = {}
    others, tags = set(), []
    for number, shape in enumerate(image.shapes):
        label = options.meanings.of(shape.label)
        if label is None:
            others.add(shape.label)
            continue
        if shape.kind == _TAG:
            tags += [shape.label] if label in HAND_LABELS else []
            continue
        if label == "hand":
            label = _SIDED.get(shape.attributes.get(SIDE, "").lower(), label)
        group = shape.told.get("group_id", "0")
        key = (label, group if group != "0" else f"shape {number}")
        parts.setdefault(key, []).append(_area(label, shape, frame))
    areas = [area for own in parts.values() for area in _united(own)]
    if tags and not any(area.label in HAND_LABELS for area in areas):
        raise unread("a tag", tags[0], _READABLE)
    return ConvertedFrame(picture, areas, sequence, notes=(*frame.notes, *left_out(others)))


def _picture_file(folder: Path, image: CvatImage) -> Path:
    subset = image.told.get("subset", "")
    places = (folder / PICTURES, folder / PICTURES / subset, folder)
    files = [place / image.name for place in places]
    return next((file for file in files if file.is_file()), files[0])


def _area(label: str, shape: CvatShape, frame: LabelFrame) -> ConvertedArea:
    if shape.kind not in ("box", *_MASKS):
        raise unread(_a(shape.kind), shape.label, _READABLE)
    kept = {name: text for name, text in shape.attributes.items() if text and name != SIDE}
    try:
        if shape.kind == "box":
            return boxed(label, _box_corners(shape.told), frame, kept)
        mask = _MASKS[shape.kind](shape.told, frame.shape)
    except (KeyError, ValueError) as error:
        raise UnusableError(f"{_a(shape.kind)} of its label is damaged") from error
    return ConvertedArea(label, frame.turned(mask), attributes=kept)


def _a(kind: str) -> str:
    if kind == "points":
        return kind
    return f"an {kind}" if kind.startswith(tuple("aeiou")) else f"a {kind}"


def _box_corners(told: Mapping[str, str]) -> list[tuple[float, float]]:
    left, top, right, bottom = (float(told[name]) for name in ("xtl", "ytl", "xbr", "ybr"))
    if not (degrees := _degrees(told)):
        return [(left, top), (right, bottom)]
    middle = ((left + right) / 2, (top + bottom) / 2)
    return rotated(rectangle(left, top, right - left, bottom - top), middle, degrees)


def _degrees(told: Mapping[str, str]) -> float:
    return float(told.get("rotation", 0))


def _polygon_mask(told: Mapping[str, str], shape: tuple[int, int]) -> np.ndarray:
    numbers = told["points"].replace(";", ",").split(",")
    return polygons_mask([[float(number) for number in numbers]], shape)


def _ellipse_mask(told: Mapping[str, str], shape: tuple[int, int]) -> np.ndarray:
    x, y, across, down = (float(told[name]) for name in ("cx", "cy", "rx", "ry"))
    return ellipse_mask((x, y), (across, down), _degrees(told), shape)


def _run_mask(told: Mapping[str, str], shape: tuple[int, int]) -> np.ndarray:
    """Return a mask of runs; raises KeyError and ValueError for what is none inside its picture."""
    left, top, width, height = (int(told[name]) for name in ("left", "top", "width", "height"))
    counts = np.array([int(number) for number in told["rle"].split(",")], np.int64)
    if min(left, top, *counts) < 0 or counts.sum() != width * height:
        raise ValueError("runs that do not add up to their box")
    if left + width > shape[1] or top + height > shape[0]:
        raise ValueError("a mask outside of its picture")
    mask = np.zeros(shape, bool)
    inside = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(height, width)
    mask[top : top + height, left : left + width] = inside
    return mask


_MASKS: Mapping[str, Callable[[Mapping[str, str], tuple[int, int]], np.ndarray]] = {
    "polygon": _polygon_mask,
    "ellipse": _ellipse_mask,
    "mask": _run_mask,
}
_READABLE = "a polygon, ellipse, mask or box"


def _united(parts: list[ConvertedArea]) -> list[ConvertedArea]:
    """Return the shapes of one hand as one mask; boxes stay what they are."""
    masks = [part.mask for part in parts if part.mask is not None]
    boxes = [part for part in parts if part.mask is None]
    if not masks:
        return boxes
    first = next(part for part in parts if part.mask is not None)
    whole = np.logical_or.reduce(masks)
    return [ConvertedArea(first.label, whole, attributes=first.attributes), *boxes]
