"""Frames with a picture of the same view without anybody, in folders `set{n}`.

Format: each `set{n}/` has `bkg.png` and, for each frame, `0.png` and `0_mask.png`: 0, and 255 for
all that is foreground. The background is a picture of its own in the result, without a hand; all
pictures of its folder, itself too, name it as their `background`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from handseg_ros.datasets.background_sets import BACKGROUND, MASK, SET
from handseg_ros.datasets.conversion.folder import PICTURES
from handseg_ros.datasets.conversion.labels import LabelMeanings
from handseg_ros.datasets.conversion.layout import (
    check_layout,
    folders_in,
    grey_values,
    names_in,
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
from handseg_ros.datasets.mask_values import binary_mask
from handseg_ros.media.pictures import natural_order
from handseg_ros.segmentation.errors import MediaError

# What the foreground is called where a user says what it means.
FOREGROUND = "mask"


def open_frame_background(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the sets in a folder; raises MediaError."""
    check_layout(path, (), "a folder of frames with backgrounds")
    found = (folder for folder in folders_in(path) if SET.fullmatch(folder.name))
    folders = sorted(found, key=natural_order)
    if not folders:
        raise MediaError(f"'{path}' has no folder set0, set1 or the like: give the folder of these")
    length = sum(len(_frames(folder)) for folder in folders)
    title, meanings = path.name, options.meanings
    return SourceSet(title, length, lambda: _members(folders, title, meanings))


def _frames(folder: Path) -> list[str]:
    """Return the names of frames, and first that of the background."""
    names = [name for name in names_in(folder) if not Path(name).stem.endswith(MASK)]
    return sorted(
        names, key=lambda name: (Path(name).stem != BACKGROUND, natural_order(Path(name)))
    )


def _members(folders: list[Path], title: str, meanings: LabelMeanings) -> Iterator[Member]:
    label = meanings.told.get(FOREGROUND, "hand")
    for folder in folders:
        sequence = f"{title}/{folder.name}"
        names = _frames(folder)
        background = names[0] if names and Path(names[0]).stem == BACKGROUND else None
        for name in names:
            read = partial(_read, folder, name, background, sequence, label)
            yield Member(f"{folder.name}/{Path(name).stem}", read)


def _read(
    folder: Path, name: str, background: str | None, sequence: str, label: str
) -> ConvertedFrame:
    picture = StoredPicture.read(folder / name)
    stored = f"{PICTURES}/{folder.name}/{background}"
    if name == background:
        return ConvertedFrame(picture, (), sequence, background=stored)
    values = grey_values(folder / f"{Path(name).stem}{MASK}.png", "mask")
    mask = picture.fitted(binary_mask(values))
    if background is None:
        raise UnusableError(f"its folder has no {BACKGROUND}.png")
    areas = (ConvertedArea(label, mask, is_together=label == "hand"),) if mask.any() else ()
    return ConvertedFrame(picture, areas, sequence, background=stored)
