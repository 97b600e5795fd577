"""PASCAL-Part: people and their parts, the left and right hand among them, in photos of VOC 2010.

Format: Chen et al., "Detect What You Can: Detecting and Representing Objects using Holistic Models
and Body Parts", CVPR 2014, and the README of its download: `Annotations_Part/*.mat` has `anno` with
`objects` (`class`, `mask`, `parts`), a person's parts `lhand` and `rhand` among them. The pictures
are VOC 2010's `JPEGImages/`, to be laid beside it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.annotations import PERSON_LABEL
from handseg_ros.datasets.conversion.layout import check_layout, names_in, nothing_in
from handseg_ros.datasets.conversion.matlab import read_matlab, structs
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

LABELS, PICTURES = "Annotations_Part", "JPEGImages"
PARTS = {"lhand": "left_hand", "rhand": "right_hand"}


def open_pascal_part(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a folder; raises MediaError."""
    check_layout(path, (LABELS, PICTURES), "PASCAL-Part")
    names = names_in(path / LABELS, (".mat",))
    if not names:
        raise nothing_in(path / LABELS, "files of Matlab's")
    return SourceSet("pascal_part", len(names), lambda: _members(path, names))


def _members(path: Path, names: list[str]) -> Iterator[Member]:
    for name in names:
        yield Member(Path(name).stem, partial(_read, path, Path(name).stem))


def _read(path: Path, stem: str) -> ConvertedFrame:
    picture = StoredPicture.read(path / PICTURES / f"{stem}.jpg")
    try:
        found = structs(read_matlab(path / LABELS / f"{stem}.mat").get("anno"))
    except MediaError as error:
        raise UnusableError("its label is damaged") from error
    if not found:
        raise UnusableError("its label has no anno")
    areas: list[ConvertedArea] = []
    for item in structs(getattr(found[0], "objects", ())):
        if getattr(item, "class", None) != PERSON_LABEL:
            continue
        areas.append(_area(PERSON_LABEL, item, picture))
        areas += [
            _area(PARTS[part.part_name], part, picture)
            for part in structs(item.parts)
            if getattr(part, "part_name", None) in PARTS
        ]
    return ConvertedFrame(picture, areas, stem)


def _area(label: str, item: Any, picture: StoredPicture) -> ConvertedArea:
    mask = np.asarray(getattr(item, "mask", ()))
    if mask.ndim != 2:
        raise UnusableError("a mask of its label is none")
    return ConvertedArea(label, picture.fitted(np.ascontiguousarray(mask > 0)))
