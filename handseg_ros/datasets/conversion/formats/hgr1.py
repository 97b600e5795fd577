"""HGR1: one hand of one person before a plain room, with all skin drawn by people.

Format: Kawulok et al., "Self-adaptive algorithm for segmenting skin regions", EURASIP JASP 2014,
and the page of its download: `original_images/*.jpg` and `skin_masks/*.bmp` of the same stems, such
as `1_P_hgr1_id01_1`: gesture, and person. What most of a mask's border has is background, as
editions differ in which value is skin. The forearm is skin too: areas say so by `region`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from handseg_ros.datasets.conversion.layout import (
    check_layout,
    grey_values,
    names_in,
    nothing_in,
    with_hand,
)
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError

PICTURES, MASKS = "original_images", "skin_masks"
REGION, SKIN = "region", "skin"
_SUFFIXES = (".bmp", ".png")
_CUT = 128
_NAME = re.compile(r"(?P<gesture>[^_]+)_.*?(?P<person>(?:hgr\w+_)?id\d+)", re.IGNORECASE)


def open_hgr1(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a folder; raises MediaError."""
    check_layout(path, (PICTURES, MASKS), "HGR1")
    names = names_in(path / PICTURES)
    if not names:
        raise nothing_in(path / PICTURES, "JPEG files")
    return SourceSet("hgr1", len(names), lambda: _members(path, names))


def _members(path: Path, names: list[str]) -> Iterator[Member]:
    for name in names:
        yield Member(Path(name).stem, partial(_read, path, name))


def _read(path: Path, name: str) -> ConvertedFrame:
    stem = Path(name).stem
    picture = StoredPicture.read(path / PICTURES / name)
    files = [path / MASKS / f"{stem}{suffix}" for suffix in _SUFFIXES]
    file = next((file for file in files if file.exists()), files[0])
    skin = _skin(grey_values(file, "mask"))
    mask = picture.fitted(with_hand(skin, "what most of its border is not"))
    areas = (ConvertedArea("hand", mask, attributes={REGION: SKIN}),)
    told = _NAME.match(stem)
    person = told["person"].lower() if told else None
    tags = {"gesture": told["gesture"]} if told else {}
    return ConvertedFrame(picture, areas, person or stem, person=person, tags=tags)


def _skin(values: np.ndarray) -> np.ndarray:
    high = values >= _CUT
    border = np.concatenate([high[0], high[-1], high[:, 0], high[:, -1]])
    skin = ~high if np.count_nonzero(border) * 2 > border.size else high
    if np.unique(values).size > 2:
        raise UnusableError("its mask has more than two values")
    return skin
