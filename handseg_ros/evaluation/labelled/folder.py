"""A folder with `images/` and `masks/` of the same stems, the plainest labelled set.

A mask is an 8-bit grey picture without loss: 0 background; 0 and 255 alone mean all hands together,
any other values are ids of single hands. `objects/` may hold masks of objects, 0 and 255. Folders
below `images/` are sequences, and `frames.csv` may say more (see frames_csv.py). A picture without
a mask has no label; one with a mask of zeros has no hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.evaluation.labelled.frames import LabelledFrame, Skipped, Truth
from handseg_ros.evaluation.labelled.frames_csv import FILE_NAME, FrameFacts, read_frame_facts
from handseg_ros.evaluation.labelled.ids import id_areas
from handseg_ros.evaluation.labelled.listed import (
    Entry,
    ListedFrames,
    UnusableError,
    read_frame_picture,
)
from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.media.sources import PICTURE_SUFFIXES, natural_order
from handseg_ros.segmentation.errors import ImageError, MediaError

IMAGES, MASKS, OBJECTS = "images", "masks", "objects"
# Formats that keep every value; a JPEG's noise would be taken for ids.
_MASK_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
_ALL_HANDS = 255


def is_folder_set(path: Path) -> bool:
    """Return whether a path is such a folder."""
    return (path / IMAGES).is_dir() and (path / MASKS).is_dir()


def open_folder(path: Path) -> ListedFrames:
    """Return the labelled set of a folder; raises MediaError."""
    facts = read_frame_facts(path)
    pictures = pictures_below(path / IMAGES)
    masks = {
        name: file for name, file in _files(path / MASKS).items() if file.suffix in _MASK_SUFFIXES
    }
    objects = _files(path / OBJECTS)
    unknown = sorted(set(facts) - set(pictures))
    if unknown:
        raise MediaError(
            f"{path / FILE_NAME} tells of '{unknown[0]}', which is no picture in {path / IMAGES}: "
            "write its path there without its suffix"
        )
    entries = [
        Entry(name, _Reader(path.name, name, file, masks, objects, facts))
        for name, file in pictures.items()
    ]
    lonely = [Skipped(name, "its mask has no picture") for name in masks if name not in pictures]
    return ListedFrames(path.name, entries, lonely)


def pictures_below(folder: Path) -> dict[str, Path]:
    """Return all pictures below a folder in natural order, by their paths without suffix.

    Raises MediaError for two of one name.
    """
    pictures: dict[str, Path] = {}
    found = (file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES)
    for file in sorted(found, key=natural_order):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in pictures:
            raise MediaError(f"{file} and {pictures[name]} have one name: rename one of them")
        pictures[name] = file
    return pictures


def sequence_of(name: str, title: str) -> str:
    """Return the folder that a frame's name begins with, or its set's title where it has none."""
    return name.rpartition("/")[0] or title


def _files(folder: Path) -> dict[str, Path]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


class _Reader:
    """Reads one frame of a folder."""

    def __init__(
        self,
        title: str,
        name: str,
        picture: Path,
        masks: Mapping[str, Path],
        objects: Mapping[str, Path],
        facts: Mapping[str, FrameFacts],
    ) -> None:
        self._title, self._name, self._picture = title, name, picture
        self._mask, self._objects = masks.get(name), objects.get(name)
        self._facts = facts.get(name, FrameFacts())

    def __call__(self) -> LabelledFrame:
        image = read_frame_picture(self._picture)
        return LabelledFrame(
            self._name,
            self._facts.sequence or sequence_of(self._name, self._title),
            image,
            None if self._mask is None else self._truth(self._mask, image),
            self._facts.tags,
        )

    def _truth(self, file: Path, image: np.ndarray) -> Truth:
        ids = _read_grey(file, "mask", image)
        values = set(id_areas(ids))
        objects = (
            None if self._objects is None else _read_grey(self._objects, "mask of objects", image)
        )
        return Truth(
            ids,
            has_instances=values != {_ALL_HANDS},
            sides={number: side for number, side in self._facts.sides.items() if number in values},
            tracks={
                number: track for number, track in self._facts.tracks.items() if number in values
            },
            objects=None if objects is None else objects > 0,
        )


def _read_grey(file: Path, what: str, image: np.ndarray) -> np.ndarray:
    try:
        picture = decode_picture(file.read_bytes(), f"the {what}", cv2.IMREAD_UNCHANGED)
    except (OSError, ImageError) as error:
        raise UnusableError(f"its {what} is truncated, too large or no picture") from error
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise UnusableError(f"its {what} is no grey picture of 8 bits")
    if picture.shape != image.shape[:2]:
        raise UnusableError(
            f"its {what} has {picture.shape[1]}x{picture.shape[0]} pixels, but its picture "
            f"{image.shape[1]}x{image.shape[0]}"
        )
    return picture
