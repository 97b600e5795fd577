"""The Oxford hand data set: hands in photos of all kinds, each in a turned box.

Format: Mittal et al., "Hand detection using multiple proposals", BMVC 2011, and the README of its
download: `*_dataset/*_data/images/` and `annotations/` of the same stems; `boxes` is a list of
structs with the corners `a`, `b`, `c`, `d`, each y and x from 1 on, and L or R where the side is
known. Boxes are no masks: they stay boxes, with their corners as an attribute.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.conversion.boxes import boxed
from handseg_ros.datasets.conversion.layout import check_layout, names_in
from handseg_ros.datasets.conversion.matlab import read_matlab
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
from handseg_ros.segmentation.errors import MediaError

PICTURES, LABELS = "images", "annotations"
SPLITS = ("training", "validation", "test")
_CORNERS = ("a", "b", "c", "d")
_SIDES = {"L": "left_hand", "R": "right_hand"}


def open_oxford_hands(path: Path, options: ConversionOptions) -> SourceSet:
    """Return those splits of the data set that are in a folder; raises MediaError."""
    check_layout(path, (), "the Oxford hand data set")
    places = {name: path / f"{name}_dataset" / f"{name}_data" for name in SPLITS}
    splits = {name: place for name, place in places.items() if (place / LABELS).is_dir()}
    if not splits:
        raise MediaError(
            f"'{path}' is not the Oxford hand data set, as it has no "
            f"training_dataset/training_data/{LABELS}: give the folder with training_dataset"
        )
    length = sum(len(names_in(place / PICTURES)) for place in splits.values())
    return SourceSet("oxford_hands", length, lambda: _members(splits, options))


def _members(splits: dict[str, Path], options: ConversionOptions) -> Iterator[Member]:
    for split, place in splits.items():
        for name in names_in(place / PICTURES):
            stem = Path(name).stem
            yield Member(f"{split}/{stem}", partial(_read, place, name, stem, options))


def _read(place: Path, name: str, stem: str, options: ConversionOptions) -> ConvertedFrame:
    picture = StoredPicture.read(place / PICTURES / name)
    frame = picture.label_frame(None, options.labels.orientation)
    file = place / LABELS / f"{stem}.mat"
    if not file.exists():
        raise UnusableError("its label is missing")
    try:
        boxes = read_matlab(file).get("boxes")
    except MediaError as error:
        raise UnusableError("its label is damaged") from error
    if boxes is None:
        raise UnusableError("its label has no boxes")
    areas = [_area(box, frame) for box in np.atleast_1d(boxes).ravel()]
    return ConvertedFrame(picture, areas, stem)


def _area(box: Any, frame: LabelFrame) -> ConvertedArea:
    corners = []
    for name in _CORNERS:
        corner = np.asarray(getattr(box, name, ()), object).ravel()
        if corner.size != 2:
            raise UnusableError("a box of its label has no four corners")
        y, x = (float(value) for value in corner)
        corners.append((x - 0.5, y - 0.5))
    texts = (str(getattr(box, name)).upper() for name in getattr(box, "_fieldnames", ()))
    label = next((_SIDES[text] for text in texts if text in _SIDES), "hand")
    return boxed(label, corners, frame)
