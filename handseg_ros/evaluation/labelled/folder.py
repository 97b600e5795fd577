"""A folder with `images/` and `masks/` of the same stems, the plainest labelled set.

A mask is an 8-bit grey picture without loss: 0 background; 0 and 255 alone mean all hands together,
any other values are ids of single hands. `objects/` may hold masks of objects, 0 and 255. Folders
below `images/` are sequences, and `frames.csv` may say more (see frames_csv.py). A picture without
a mask has no label; one with a mask of zeros has no hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
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
    pictures = pictures_below(path / IMAGES)
    labels = FolderLabels(
        path.name, masks_below(path / MASKS), files_below(path / OBJECTS), read_frame_facts(path)
    )
    unknown = sorted(set(labels.facts) - set(pictures))
    if unknown:
        raise MediaError(
            f"{path / FILE_NAME} tells of '{unknown[0]}', which is no picture in {path / IMAGES}: "
            "write its path there without its suffix"
        )
    entries = [
        Entry(name, partial(_read_frame, labels, name, file)) for name, file in pictures.items()
    ]
    lonely = [Skipped(name, "its mask has no picture") for name in labels.masks.keys() - pictures]
    return ListedFrames(path.name, entries, sorted(lonely, key=lambda item: item.name))


def _read_frame(labels: FolderLabels, name: str, file: Path) -> LabelledFrame:
    return labels.frame(name, read_frame_picture(file))


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


def masks_below(folder: Path) -> dict[str, Path]:
    """Return all masks below a folder, by their paths without suffix."""
    return {
        name: file for name, file in files_below(folder).items() if file.suffix in _MASK_SUFFIXES
    }


def files_below(folder: Path) -> dict[str, Path]:
    """Return all files below a folder, none where there is no folder, as `masks_below` does."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


@dataclass(frozen=True)
class FolderLabels:
    """What a folder says of its frames, by their names: masks, masks of objects, and facts."""

    title: str
    masks: Mapping[str, Path]
    objects: Mapping[str, Path]
    facts: Mapping[str, FrameFacts]

    def frame(self, name: str, image: np.ndarray) -> LabelledFrame:
        """Return a frame, uint8 (H, W, 3) BGR, with its label; raises UnusableError."""
        facts = self.facts.get(name, FrameFacts())
        sequence = facts.sequence or sequence_of(name, self.title)
        return LabelledFrame(name, sequence, image, self._truth(name, image, facts), facts.tags)

    def _truth(self, name: str, image: np.ndarray, facts: FrameFacts) -> Truth | None:
        if name not in self.masks:
            return None
        ids = _read_grey(self.masks[name], "mask", image)
        values = set(id_areas(ids))
        objects = None
        if name in self.objects:
            objects = _read_grey(self.objects[name], "mask of objects", image) > 0
        return Truth(
            ids,
            has_instances=values != {_ALL_HANDS},
            sides={number: side for number, side in facts.sides.items() if number in values},
            tracks={number: track for number, track in facts.tracks.items() if number in values},
            objects=objects,
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
