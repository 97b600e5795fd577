"""The pictures that YOLO's `data.yaml` names by folders, with all below them, and by list files.

Format: https://docs.ultralytics.com/datasets/detect/. A split is a folder, a text file with a path
on each line, or a list of these. Paths are from `path` on, or from the file; exporters write
`../train/images` for what lies beside the file. A list's paths are from its own folder on, or as
the split's are. A picture's label is in `labels/` in the place of the last `images/`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handseg_ros.datasets.conversion.layout import names_in
from handseg_ros.segmentation.errors import MediaError

PICTURES, LABELS = "images", "labels"
_SPLITS = ("train", "val", "valid", "test")


@dataclass(frozen=True)
class YoloPicture:
    """One picture's file, its name in the set without a suffix, and its folder's, '' for none."""

    file: Path
    name: str
    folder: str

    @property
    def label(self) -> Path:
        """The file of its label."""
        return _labels_of(self.file.parent) / f"{self.file.stem}.txt"


@dataclass(frozen=True)
class YoloPictures:
    """The pictures of a set in order, each once; `missing` are splits that are not there."""

    pictures: Sequence[YoloPicture]
    missing: Mapping[str, str]


def yolo_pictures(file: Path, content: Mapping[str, Any]) -> YoloPictures:
    """Return the pictures that the content of `data.yaml`, at `file`, names.

    Raises MediaError for a split that is no text, a list that cannot be read, and for folders of
    pictures without one of labels, as these would be pictures without hands.
    """
    roots = [file.parent / str(content.get("path") or "."), file.parent]
    found: dict[Path, None] = {}
    missing: dict[str, str] = {}
    for split, told in _told(file, content):
        place = _place(roots, told)
        if place is None:
            missing[split] = told
        else:
            pictures = _listed(place, roots) if place.is_file() else _below(place)
            found.update((Path(os.path.normpath(each)), None) for each in pictures)
    for folder in dict.fromkeys(each.parent for each in found):
        _check_labels(folder)
    return YoloPictures([_picture(each, file.parent, roots) for each in found], missing)


def _told(file: Path, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for split in _SPLITS:
        told = content.get(split)
        for place in told if isinstance(told, list) else [told] if told else []:
            if not isinstance(place, str):
                raise MediaError(
                    f"'{file}' has a split '{split}' that is neither a path nor a list of paths: "
                    "write the folder of its pictures there, or the file that lists them"
                )
            yield split, place


def _place(roots: Sequence[Path], told: str) -> Path | None:
    names = (told, told.removeprefix("../"))
    places = [root / name for root in roots for name in names]
    return next((place for place in places if place.exists()), None)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the pictures of a folder, and of those below it, in order; links are followed."""
    for place, folders, _ in os.walk(folder, onerror=_refuse, followlinks=True):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _is_below(here, here / name))
        yield from (here / name for name in names_in(here))


def _refuse(error: OSError) -> None:
    raise MediaError(
        f"the folder '{error.filename}' cannot be read, {error.strerror}: check its permissions"
    ) from error


def _is_below(folder: Path, inside: Path) -> bool:
    """Return whether a folder is to be looked into: none that is hidden, or a link upwards."""
    is_link_up = inside.is_symlink() and folder.resolve().is_relative_to(inside.resolve())
    return not inside.name.startswith(".") and not is_link_up


def _listed(file: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the pictures of a list, those that are missing where its own folder would have them."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise MediaError(
            f"'{file}' cannot be read as a list of pictures ({error}): write a path on each line"
        ) from error
    for line in filter(None, lines):
        places = [root / line for root in (file.parent, *roots)]
        yield next((place for place in places if place.is_file()), places[0])


def _check_labels(folder: Path) -> None:
    if folder.is_dir() and not _labels_of(folder).is_dir():
        raise MediaError(
            f"'{folder}' has no labels, which should be in '{_labels_of(folder)}': unpack them "
            "there"
        )


def _labels_of(folder: Path) -> Path:
    """Return where the labels of a folder of pictures are: its last `images` is `labels` there."""
    parts = list(folder.parts)
    if PICTURES in parts:
        parts[len(parts) - 1 - parts[::-1].index(PICTURES)] = LABELS
    return Path(*parts)


def _picture(file: Path, root: Path, roots: Sequence[Path]) -> YoloPicture:
    """Return a picture with its name below the set's folder, or one that `path` names."""
    above = [Path(os.path.normpath(each)) for each in (root, *roots)]
    within = next((each for each in above if file.is_relative_to(each)), file.parent.parent)
    parts = [part for part in file.parent.relative_to(within).parts if part != PICTURES]
    return YoloPicture(file, "/".join([*parts, file.stem]), "/".join(parts))
