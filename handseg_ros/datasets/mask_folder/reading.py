"""A folder with `images/` and `masks/` of the same stems, the plainest labelled set.

A mask is an 8-bit grey picture without loss: 0 background; 0 and 255 alone mean all hands together,
also with soft edges; any other values are ids of single hands, unless all masks of the set have the
same one (mask_values.py). `objects/` may hold masks of objects, 0 and 255. Folders
below `images/` are sequences, and `frames.csv` may say more (see frames_csv.py). A picture without
a mask has no label; one with a mask of zeros has no hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.folder_files import files_below
from handseg_ros.datasets.frame_picture import (
    FramePicture,
    LabelFrame,
    read_frame_picture,
)
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame, ReadLabel, Skipped
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.label_options import LabelOptions, MaskValues
from handseg_ros.datasets.lazy_frames import Entry, LazyFrames, UnusableError
from handseg_ros.datasets.mask_folder.frames_csv import (
    FILE_NAME,
    FrameMetadata,
    read_frame_metadata,
)
from handseg_ros.datasets.mask_values import binary_mask, meaning_of, only_value
from handseg_ros.image_messages.orientation import is_turned_by_opencv, orientation_of, upright
from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.media.sources import PICTURE_SUFFIXES, natural_order
from handseg_ros.segmentation.errors import ImageError, MediaError
from handseg_ros.segmentation.hands import Side

IMAGES, MASKS, OBJECTS = "images", "masks", "objects"
# Formats that keep every value; a JPEG's noise would be taken for ids.
MASK_SUFFIXES = frozenset([".png", ".bmp", ".tif", ".tiff"])
UNKNOWN_ID = f"{FILE_NAME} names an id that its mask does not have"
_NO_MASKS = PICTURE_SUFFIXES - MASK_SUFFIXES
_MASK_FORMAT = "write it as a grey PNG, which changes no value"


def is_folder_set(path: Path) -> bool:
    """Return whether a path is such a folder."""
    return (path / IMAGES).is_dir() and (path / MASKS).is_dir()


def open_folder(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the labelled set of a folder; raises MediaError."""
    pictures = pictures_below(path / IMAGES)
    labels = FolderLabels.below(path, label_options or LabelOptions())
    unknown = sorted(set(labels.facts) - set(pictures))
    if unknown:
        raise MediaError(
            f"{path / FILE_NAME} tells of '{unknown[0]}', which is no picture in {path / IMAGES}: "
            "write its path there without its suffix"
        )
    entries = [
        Entry(name, partial(_read_frame, labels, name, file)) for name, file in pictures.items()
    ]
    return LazyFrames(path.name, entries, labels.without_frame(pictures, "picture"))


def _read_frame(labels: FolderLabels, name: str, file: Path) -> LabelledFrame:
    return labels.frame(name, read_frame_picture(file), file)


def pictures_below(folder: Path) -> dict[str, Path]:
    """Return all pictures below a folder in natural order, by their paths without suffix.

    Raises MediaError for two of one name.
    """
    return _by_name(folder, PICTURE_SUFFIXES)


def masks_below(folder: Path) -> dict[str, Path]:
    """Return all masks below a folder, none where there is none, by their paths without suffix.

    Raises MediaError for two of one name.
    """
    return _by_name(folder, MASK_SUFFIXES)


def lossy_below(folder: Path) -> dict[str, Path]:
    """Return the pictures below a folder that cannot be masks, by their paths without suffix."""
    files = (file for file in files_below(folder) if file.suffix.lower() in _NO_MASKS)
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(files)}


def _by_name(folder: Path, suffixes: Collection[str]) -> dict[str, Path]:
    """Return the files of some suffixes, in capitals or not; raises MediaError for equal names."""
    files: dict[str, Path] = {}
    found = (file for file in files_below(folder) if file.suffix.lower() in suffixes)
    for file in sorted(found, key=natural_order):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in files:
            raise MediaError(f"{file} and {files[name]} have one name: rename one of them")
        files[name] = file
    return files


def sequence_of(name: str, title: str) -> str:
    """Return the folder that a frame's name begins with, or its set's title where it has none.

    A first folder `images/` is where pictures lie, and no sequence.
    """
    return name.removeprefix(f"{IMAGES}/").rpartition("/")[0] or title


@dataclass(frozen=True)
class FolderLabels:
    """What a folder says of its frames, by their names: masks, masks of objects, and facts.

    `lossy` are pictures in the place of masks that cannot be read as such.
    """

    title: str
    masks: Mapping[str, Path]
    objects: Mapping[str, Path]
    facts: Mapping[str, FrameMetadata]
    lossy: Mapping[str, Path] = field(default_factory=dict)
    label_options: LabelOptions = field(default_factory=LabelOptions)

    @classmethod
    def below(cls, path: Path, label_options: LabelOptions) -> FolderLabels:
        """Return the labels of a folder with `masks/`; raises MediaError."""
        masks = masks_below(path / MASKS)
        lossy = {k: v for k, v in lossy_below(path / MASKS).items() if k not in masks}
        objects = masks_below(path / OBJECTS)
        return cls(path.name, masks, objects, read_frame_metadata(path), lossy, label_options)

    def without_frame(
        self, names: Collection[str], what: str, masks: Collection[str] | None = None
    ) -> list[Skipped]:
        """Return the masks, of some or all, that belong to no frame, which lack `what`."""
        lonely = sorted(set(self.masks if masks is None else masks) - set(names))
        return [Skipped(name, f"its mask has no {what}") for name in lonely]

    def frame(self, name: str, picture: FramePicture, file: Path | None = None) -> LabelledFrame:
        """Return a frame, of a file of its own or not, with its label; raises UnusableError."""
        facts = self.facts.get(name, FrameMetadata())
        sequence = facts.sequence or sequence_of(name, self.title)
        own = self._label(name, picture, facts)
        return LabelledFrame(
            name, sequence, picture.pixels, own.ground_truth, facts.tags, notes=own.notes, file=file
        )

    def _label(self, name: str, picture: FramePicture, facts: FrameMetadata) -> ReadLabel:
        if name in self.lossy:
            raise UnusableError(f"its mask is a {self.lossy[name].suffix} file: {_MASK_FORMAT}")
        if name not in self.masks:
            return ReadLabel(None)
        mask = read_mask_file(self.masks[name], "mask")
        frame = self._label_frame(mask, "mask", picture)
        meaning = meaning_of(mask, self._mask_values(mask, facts), self._only_value(mask))
        values = set(id_areas(meaning.ids))
        objects = None
        if name in self.objects:
            found = read_mask_file(self.objects[name], "mask of objects")
            own = self._label_frame(found, "mask of objects", picture)
            objects = own.turned(binary_mask(found))
        ground_truth = GroundTruth(
            frame.turned(meaning.ids),
            meaning.has_instances,
            sides={
                number: side
                for number, side in facts.sides.items()
                if number in values and side != Side.UNKNOWN
            },
            tracks={number: track for number, track in facts.tracks.items() if number in values},
            objects=objects,
            ignored=facts.ignored & values,
        )
        notes = (*frame.notes, *meaning.notes, *([] if facts.ids <= values else [UNKNOWN_ID]))
        return ReadLabel(ground_truth, notes)

    def _label_frame(self, mask: np.ndarray, what: str, picture: FramePicture) -> LabelFrame:
        try:
            return picture.label_frame(
                (mask.shape[0], mask.shape[1]), self.label_options.orientation
            )
        except UnusableError as error:
            raise UnusableError(
                str(error).replace("its label", f"its {what}", 1), error.cause
            ) from error

    def _mask_values(self, mask: np.ndarray, facts: FrameMetadata) -> MaskValues:
        """Return how a mask is read: as ids where `frames.csv` names every value of it."""
        chosen = self.label_options.mask_values
        if chosen is MaskValues.AUTO and facts.ids and set(id_areas(mask)) <= facts.ids:
            return MaskValues.IDS
        return chosen

    def _only_value(self, mask: np.ndarray) -> int | None:
        """Return the one value of all masks; asked for masks of one value, to read few."""
        low, high = (int(value) for value in (mask[mask > 0].min(initial=255), mask.max()))
        return self._only_value_of_all if low == high else None

    @cached_property
    def _only_value_of_all(self) -> int | None:
        if any(facts.ids for facts in self.facts.values()):
            return None  # they name ids
        return only_value(self._readable_masks())

    def _readable_masks(self) -> Iterator[np.ndarray]:
        for file in self.masks.values():
            with suppress(UnusableError):  # told when its frame comes
                yield read_mask_file(file, "mask")


def read_mask_file(file: Path, what: str) -> np.ndarray:
    """Return the values of a mask, uint8 (H, W), upright; raises UnusableError, naming `what`."""
    try:
        data = file.read_bytes()
        picture = decode_picture(data, f"the {what}", cv2.IMREAD_UNCHANGED)
    except (OSError, ImageError) as error:
        raise UnusableError(f"its {what} is truncated, too large or no picture") from error
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise UnusableError(f"its {what} is no grey picture of 8 bits")
    return picture if is_turned_by_opencv(data) else upright(picture, orientation_of(data))
