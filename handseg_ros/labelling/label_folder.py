"""A folder of pictures whose labels people draw: labelme's files beside them, COCO's for all.

Each picture's JSON file is the label; `annotations.json` says the same to what reads COCO. A label
is on disk, whole, before it is called saved, and only over the revision that it was drawn on.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from threading import Lock

import numpy as np

from handseg_ros.datasets.background_sets import MASK, SET
from handseg_ros.datasets.coco.file import coco_files_in
from handseg_ros.datasets.coco.reading import is_coco_folder
from handseg_ros.datasets.coco.update import check_updatable, updated_coco
from handseg_ros.datasets.first_labels import LABELME, FirstLabels
from handseg_ros.datasets.frame_picture import read_frame_picture
from handseg_ros.datasets.json_lists import JsonLists
from handseg_ros.datasets.labelme.file import read_labelme
from handseg_ros.datasets.labelme.reading import is_labelme_folder, read_labelled_picture
from handseg_ros.datasets.labelme.rewriting import rewritten_labelme
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import IMAGES, is_folder_set, pictures_below
from handseg_ros.datasets.registry import format_of
from handseg_ros.labelling.picture_label import (
    LabelError,
    LabelInstance,
    PictureLabel,
    areas_of_label,
    of_areas,
    suggested,
)
from handseg_ros.media.atomic_files import replacing
from handseg_ros.segmentation.errors import HandsegError, ImageError, MediaError, quoted
from handseg_ros.segmentation.hands import Segmentation

COCO_FILE = "annotations.json"
_REVISION_LENGTH = 16

Suggest = Callable[[np.ndarray], Segmentation]


class StaleLabelError(HandsegError):
    """A label that was drawn on a revision which is not the newest any more."""


class UnknownPictureError(HandsegError):
    """A name that is none of the folder's pictures."""


@dataclass(frozen=True)
class ListedPicture:
    """A picture's name, and whether a person has labelled it.

    `is_ranked` is false while the model has still to look at it, which may move it forward.
    """

    name: str
    is_labelled: bool
    is_ranked: bool = True


@dataclass(frozen=True)
class _Judged:
    """Whether a person wrote a label's file, and what tells whether that file is still the same."""

    stamp: tuple[int, int, int]
    is_labelled: bool


class LabelFolder:
    """The pictures of a folder and their labels; any number of threads and processes may use it."""

    def __init__(self, path: Path, suggest: Suggest) -> None:
        """Find all pictures below a folder; `suggest` finds hands where there is no label yet.

        Raises MediaError where there are none, where the folder's COCO file is one of others, where
        labels are in COCO's format alone, as the first file of labelme's would hide these from all
        other commands, and where these read masks or a bag in place of labelme's files. `left_out`
        is a sentence about pictures that cannot be shown, '' where there are none.
        """
        self.path = path
        self._suggest = suggest
        found = pictures_below(path) if path.is_dir() else {}
        self._files = {name: file for name, file in found.items() if _is_utf8(name)}
        self.left_out = _left_out([file for name, file in found.items() if not _is_utf8(name)])
        if not self._files:
            raise MediaError(
                self.left_out
                or f"'{path}' is no folder with pictures in it: give one, or what handseg "
                "label-bag wrote"
            )
        _check_no_other_labels(path)
        _check_no_captured_masks(path, self._files)
        _check_no_coco_alone(path)
        _check_coco_file(path / COCO_FILE, self._files.values())
        self._shapes: dict[str, tuple[int, int]] = {}
        self._judged: dict[Path, _Judged] = {}
        self._first = FirstLabels.near((path,), LABELME)
        self._lock = Lock()

    @property
    def key(self) -> str:
        """What tells this folder from any other on this machine."""
        return hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:_REVISION_LENGTH]

    def pictures(self) -> list[ListedPicture]:
        """Return all pictures in natural order."""
        return [
            ListedPicture(name, self._is_labelled(_label_file(file)))
            for name, file in self._files.items()
        ]

    def _is_labelled(self, file: Path) -> bool:
        """Whether a person has labelled: first labels that a model left are none of a person's.

        A file is read once: thousands of them would take seconds for each list.
        """
        try:
            status = file.stat()
        except OSError:
            return False
        if self._first is None or not S_ISREG(status.st_mode):
            return S_ISREG(status.st_mode)
        stamp = status.st_ino, status.st_mtime_ns, status.st_size
        judged = self._judged.get(file)
        if judged is None or judged.stamp != stamp:
            judged = self._judged[file] = _Judged(stamp, _is_corrected(file, self._first))
        return judged.is_labelled

    def pixels(self, name: str) -> np.ndarray:
        """Return a picture, upright: uint8 (H, W, 3), BGR.

        Raises UnknownPictureError and ImageError.
        """
        file = self._file(name)
        try:
            pixels = read_frame_picture(file).pixels
        except UnusableError as error:
            raise ImageError(f"'{name}' cannot be shown, {error}: save {file} again") from error
        self._shapes[name] = (pixels.shape[0], pixels.shape[1])
        return pixels

    def label(self, name: str) -> PictureLabel:
        """Return a picture's label, or what the model suggests where it has none.

        Raises UnknownPictureError, ImageError, and LabelError for a file that cannot be read.
        """
        file = _label_file(self._file(name))
        revision = _revision(file)
        if not revision:
            return suggested(self._suggest(self.pixels(name)))
        try:
            frame = read_labelled_picture(self.path, file)
        except UnusableError as error:
            raise LabelError(
                f"the label of '{name}' cannot be read, {error}: move {file} elsewhere"
            ) from error
        truth = frame.ground_truth
        height, width = frame.image.shape[:2]
        areas = () if truth is None else truth.areas
        return of_areas(areas, (height, width), revision)

    def save(self, name: str, revision: str, instances: Sequence[LabelInstance]) -> str:
        """Write a picture's label and return its revision.

        Raises StaleLabelError where somebody else wrote it since `revision`, LabelError,
        UnknownPictureError, ImageError, and MediaError where it cannot be written.
        """
        picture = self._file(name)
        shape = self._shapes.get(name) or self.pixels(name).shape[:2]
        areas = areas_of_label(instances, shape)
        file = _label_file(picture)
        with self._alone():
            if _revision(file) != revision:
                raise StaleLabelError(
                    f"somebody else has labelled '{name}' since it was opened: take their label, "
                    "or write yours over it"
                )
            coco = self.path / COCO_FILE
            label = rewritten_labelme(file, picture, areas, shape)
            _write(file, label, coco, updated_coco(coco, picture, shape, areas))
            return _revision(file)

    def _file(self, name: str) -> Path:
        if name not in self._files:
            raise UnknownPictureError(
                f"there is no picture {quoted(name)} in this folder: load the list again"
            )
        return self._files[name]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads, and other processes that label the folder, waiting."""
        with self._lock:
            folder = os.open(self.path, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)


def _is_utf8(name: str) -> bool:
    """Whether a file's name can be sent, which JSON and COCO's files do in UTF-8."""
    return not any(0xDC80 <= ord(letter) <= 0xDCFF for letter in name)


def _left_out(files: Sequence[Path]) -> str:
    if not files:
        return ""
    first = os.fsencode(files[0]).decode("utf-8", "backslashreplace")
    return (
        f"{len(files)} picture(s) are left out, as their names are not in UTF-8, the first is "
        f"'{first}': rename them"
    )


def _check_no_other_labels(path: Path) -> None:
    """Raise MediaError where what is drawn would be read by nobody: other labels come first."""
    own, parent = path.resolve(), path.resolve().parent
    found = format_of(own)
    if found is not None and found.fits not in (is_coco_folder, is_labelme_folder):
        labelled = path
    elif own.name == IMAGES and is_folder_set(parent):
        labelled, found = path.parent if path.name == IMAGES else parent, format_of(parent)
    else:
        return
    kind = "another set" if found is None else found.kind
    raise MediaError(
        f"'{labelled}' is {kind}, whose labels are not shown here and are read in place of what "
        f"is drawn: write them anew with handseg data export {labelled} --format labelme --out "
        "FOLDER, and label that folder"
    )


def _check_no_captured_masks(path: Path, names: Mapping[str, Path]) -> None:
    masks = {f"{name}{MASK}": file.absolute().parent.name for name, file in names.items()}
    captured = (mask for mask, folder in masks.items() if mask in names and SET.fullmatch(folder))
    if mask := next(captured, None):
        raise MediaError(
            f"'{path}' has captured frames whose masks, the first is '{mask}', are read in place "
            "of what is drawn: correct these with a program that paints, or move them elsewhere"
        )


def _check_no_coco_alone(path: Path) -> None:
    for file in coco_files_in(path):
        if any(True for _ in JsonLists(file).items(("annotations",))):
            raise MediaError(
                f"the labels of '{path}' are in '{file.name}' alone, and would be lost beside what "
                f"is drawn here: write them anew with handseg data export {path} --format labelme "
                "--out FOLDER, and label that folder"
            )


def _check_coco_file(file: Path, pictures: Iterable[Path]) -> None:
    for picture in pictures:
        if _label_file(picture) == file:
            raise MediaError(
                f"the label of '{picture}' would have the name of the file that has the labels of "
                "all pictures: rename the picture"
            )
    check_updatable(file)


def _write(file: Path, label: str, coco: Path, all_labels: str) -> None:
    """Write a picture's label and what COCO has of all, both or none: nothing is half saved.

    Both are on disk before either has its name, and a label is saved when its own file is there.
    """
    with replacing(file) as partial_file, replacing(coco) as partial_coco:
        partial_file.write_text(label, "utf-8")
        partial_coco.write_text(all_labels, "utf-8")


def _is_corrected(file: Path, first: FirstLabels) -> bool:
    """Whether a label's file says anything else than what the model wrote there."""
    try:
        origin = first.origin(file.stem, read_labelme(file).digest)
    except UnusableError:
        return True
    return origin is None or origin.is_corrected is not False


def _label_file(picture: Path) -> Path:
    return picture.with_suffix(".json")


def _revision(file: Path) -> str:
    """Return what tells a label's file from any other, '' where there is none."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:_REVISION_LENGTH]
    except FileNotFoundError:
        return ""
