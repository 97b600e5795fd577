"""HO-3D: a right hand with an object, in recordings of one to five cameras.

Format: Hampali et al., "HOnnotate: A method for 3D Annotation of Hand and Object Poses", CVPR 2020,
and https://github.com/shreyashampali/ho3d: `train/SEQUENCE/rgb/` and `seg/`, of the same stems.
Version 3 has JPEG pictures and PNG masks, version 2 the other way round, so channels are cut at
150. Green is the object; what else is coloured (blue in version 3) is the hand. Masks are smaller
than their pictures by a whole number, and are made larger by it, each pixel repeated.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from handseg_ros.datasets.annotations import OBJECT_LABEL
from handseg_ros.datasets.conversion.layout import (
    check_layout,
    folders_in,
    names_in,
    nothing_in,
    read_values,
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

LEVEL = 150
TRAIN, PICTURES, MASKS = "train", "rgb", "seg"
_BLUE, _GREEN, _RED = 0, 1, 2
_MASK_SUFFIXES = (".png", ".jpg")
# ABF10 to ABF14 are five cameras of the recording ABF1.
_CAMERA = re.compile(r"(.*\d)\d")


def open_ho3d(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the training recordings that have masks; raises MediaError."""
    check_layout(path, (TRAIN,), "HO-3D")
    recordings = [folder for folder in folders_in(path / TRAIN) if (folder / MASKS).is_dir()]
    length = sum(len(names_in(folder / PICTURES)) for folder in recordings)
    if not length:
        raise nothing_in(path / TRAIN, f"folders with {PICTURES}/ and {MASKS}/")
    return SourceSet("ho3d", length, lambda: _members(recordings))


def _members(recordings: list[Path]) -> Iterator[Member]:
    for folder in recordings:
        for name in names_in(folder / PICTURES):
            yield Member(f"{TRAIN}/{folder.name}/{Path(name).stem}", partial(_read, folder, name))


def _read(folder: Path, name: str) -> ConvertedFrame:
    picture = StoredPicture.read(folder / PICTURES / name)
    values = read_values(_mask_file(folder, Path(name).stem), "mask")
    if values.ndim != 3:
        raise UnusableError("its mask has no colours")
    values = _enlarged(values, picture.shape)
    green, others = values[..., _GREEN], np.maximum(values[..., _BLUE], values[..., _RED])
    masks = {
        "right_hand": (others >= LEVEL) & (others > green),
        OBJECT_LABEL: (green >= LEVEL) & (green >= others),
    }
    areas = [ConvertedArea(label, mask) for label, mask in masks.items() if mask.any()]
    if not areas:
        raise UnusableError(f"its mask has neither hand nor object, which are {LEVEL} or brighter")
    camera = _CAMERA.fullmatch(folder.name)
    return ConvertedFrame(picture, areas, camera[1] if camera else folder.name)


def _mask_file(folder: Path, stem: str) -> Path:
    files = [folder / MASKS / f"{stem}{suffix}" for suffix in _MASK_SUFFIXES]
    return next((file for file in files if file.exists()), files[0])


def _enlarged(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask with each pixel repeated; raises UnusableError for another shape of it."""
    times, rest = divmod(shape[0], values.shape[0])
    if rest or times < 1 or values.shape[1] * times != shape[1]:
        raise UnusableError(
            f"its mask has {values.shape[1]}x{values.shape[0]} pixels, which is no whole part of "
            f"its picture's {shape[1]}x{shape[0]}"
        )
    return values.repeat(times, axis=0).repeat(times, axis=1)
