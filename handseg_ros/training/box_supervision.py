"""Photos in which people drew boxes around hands, and what is known from a box alone.

docs/model.md says where each source comes from and what its licence is.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.datasets.splits import kept_for_training
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.training.samples import BACKGROUND, IGNORE, Sample

# Boxes are drawn by eye: a hand may reach out of its box by this share of the box's sides.
SLACK = 0.08
_VOC_SIZE = re.compile(r"<width>(\d+)</width>\s*<height>(\d+)</height>")
_VOC_BOX = re.compile(
    r"<xmin>(\d+)</xmin>\s*<ymin>(\d+)</ymin>\s*<xmax>(\d+)</xmax>\s*<ymax>(\d+)</ymax>"
)


@dataclass(frozen=True)
class BoxSupervisedImage:
    """A photo, uint8 (H, W, 3), BGR, and its boxes, float64 (n, 4): left, top, right, bottom in
    pixels."""

    name: str
    image: np.ndarray
    boxes: np.ndarray


@dataclass(frozen=True)
class BoxSource:
    """How a source wrote its boxes.

    `suffix` is that of its box files; `parse` gives boxes (n, 4) in shares of width and height;
    `tight`: whether a box holds one hand from wrist to finger tips, so that it can be agreed with;
    `pictures`: their folder inside the source's; `withheld`: whether every fifth is kept back;
    `repeats`: how many times each photo counts when one is drawn, so that a source of few but
    different photos is not lost among hundreds of two people.
    """

    suffix: str
    parse: Callable[[str], np.ndarray]
    tight: bool = True
    pictures: str = ""
    withheld: bool = False
    repeats: int = 1


def parse_yolo(text: str) -> np.ndarray:
    """Return boxes of lines "class x y width height" or "class x1 y1 … x4 y4" (shares)."""
    boxes = []
    for line in text.splitlines():
        values = np.array(line.split()[1:], np.float64)
        if values.size == 8:
            corners = values.reshape(4, 2)
            boxes.append([*corners.min(axis=0), *corners.max(axis=0)])
        elif values.size == 4:
            half = values[2:] / 2
            boxes.append([*(values[:2] - half), *(values[:2] + half)])
        elif line.strip():
            raise ValueError(f"'{line}' is no box")
    return np.array(boxes, np.float64).reshape(-1, 4)


def parse_voc(text: str) -> np.ndarray:
    """Return boxes of a Pascal VOC file (XML), in shares of the size that it states."""
    size = _VOC_SIZE.search(text)
    if size is None:
        raise ValueError("it states no size")
    width, height = (float(value) for value in size.groups())
    boxes = np.array(_VOC_BOX.findall(text), np.float64).reshape(-1, 4)
    return boxes / [width, height, width, height]


BOX_SOURCES = {
    "roboflow_obb": BoxSource(".txt", parse_yolo),
    "subhih": BoxSource(".xml", parse_voc),
    "asl_letters": BoxSource(".txt", parse_yolo),
    # One box around both hands, or around a whole forearm.
    "rf100": BoxSource(".txt", parse_yolo, tight=False),
    # Some boxes hold a glove without a hand, which no other sign agrees with.
    "gloves_sabanci": BoxSource(".txt", parse_yolo, pictures="images", withheld=True, repeats=4),
    "oxford_hands": BoxSource(".txt", parse_yolo, pictures="images", withheld=True, repeats=4),
}


def box_supervised_images(data: Path, source: str, longest: int) -> Iterator[BoxSupervisedImage]:
    """Yield the photos of a source, at most `longest` pixels long; those without boxes are left
    out.

    Raises MediaError when photos are missing or a file of boxes cannot be read.
    """
    folder, how = data / "unlabelled" / source, BOX_SOURCES[source]
    files = sorted((folder / how.pictures).glob("*.jpg"))
    if not files:
        raise MediaError(f"{folder} holds no pictures: give the folder of the training data")
    for file in kept_for_training(files) if how.withheld else files:
        boxes_file = folder / "boxes" / f"{file.stem}{how.suffix}"
        try:
            relative = how.parse(boxes_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise MediaError(
                f"the boxes in {boxes_file} cannot be read ({error}): fetch the data again"
            ) from error
        if not len(relative):
            continue
        image = read_picture(file)
        scale = min(1.0, longest / max(image.shape[:2]))
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = image.shape[:2]
        yield BoxSupervisedImage(file.stem, image, relative * [width, height, width, height])


def window(box: np.ndarray, shape: tuple[int, ...], grow: float) -> tuple[slice, slice]:
    """Return the rows and columns of a box grown on each side by a share of its sides."""
    left, top, right, bottom = box
    x, y = grow * (right - left), grow * (bottom - top)
    rows = slice(max(0, int(top - y)), min(shape[0], int(np.ceil(bottom + y))))
    return rows, slice(max(0, int(left - x)), min(shape[1], int(np.ceil(right + x))))


def weak_ids(picture: BoxSupervisedImage) -> np.ndarray:
    """Return what boxes alone tell, uint8 (H, W): nothing inside, no hand outside."""
    ids = np.full(picture.image.shape[:2], BACKGROUND, np.uint8)
    for box in picture.boxes:
        ids[window(box, ids.shape, SLACK)] = IGNORE
    return ids


def weak_sample(picture: BoxSupervisedImage) -> Sample:
    """Return the photo with what its boxes alone tell."""
    return Sample(cv2.cvtColor(picture.image, cv2.COLOR_BGR2RGB), weak_ids(picture))
