"""Finds the pictures that a COCO file names, whichever tool wrote the names and on which system.

Known layouts: beside the file; in `images/` beside it or one folder up; CVAT's `images/SUBSET/`,
and COCO's own `SUBSET/` beside `annotations/instances_SUBSET.json`. Names may have backslashes, the
path of another machine, or Label Studio's upload path and its prefix of eight digits.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os.path import isfile  # False, too, for names that no file can have
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from handseg_ros.datasets.folder_files import files_below
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.media.sources import PICTURE_SUFFIXES

_IMAGES = "images"
_DRIVE = re.compile(r"^[A-Za-z]:/")
# Label Studio writes 0a1b2c3d-NAME of what was uploaded as NAME.
_UPLOAD_PREFIX = re.compile(r"[0-9a-f]{8}-(?=.)")
# What a browser was given for files that Label Studio served from a folder.
_SERVED = "?d="
# "instances_default.json" is of the subset "default".
_SUBSET = re.compile(r"(?:instances|person_keypoints|annotations)_(.+)")


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture's file, and the part of its name in the label that led to it, with slashes.

    `is_exact` says that the whole name led to it as it stands.
    """

    path: Path
    name: str
    is_exact: bool


class PictureFinder:
    """Looks for the pictures of one COCO file."""

    def __init__(self, file: Path) -> None:
        beside, above = file.parent, file.parent.parent
        self._usual = (beside, beside / _IMAGES, above / _IMAGES)
        subset = _SUBSET.fullmatch(file.stem)
        parents = (*self._usual[1:], beside, above) if subset else ()
        self._of_subset = [parent / subset[1] for parent in parents] if subset else []

    def find(self, file_name: str) -> FoundPicture:
        """Return the picture that is meant; raises UnusableError for none, and where several are.

        A name that leads to a file as it stands is taken so; else its last parts, as many as
        possible, must lead to one file alone.
        """
        for folder in self._usual:
            path = folder / file_name
            if isfile(path):
                return FoundPicture(path, self._plain_name(file_name, path), is_exact=True)
        for parts in _ends(file_name):
            found = self._at(parts)
            if len(found) > 1:
                raise UnusableError(
                    f"{len(found)} pictures may be its own, as its file_name '{'/'.join(parts)}' "
                    "leads to each: write their whole paths"
                )
            if found:
                return FoundPicture(found[0], "/".join(parts), is_exact=False)
        raise UnusableError("its picture is neither beside the file nor in a folder images/")

    def _plain_name(self, file_name: str, path: Path) -> str:
        """Return the name of a frame whose file_name led to its picture at once."""
        named = PurePosixPath(file_name)
        if not named.is_absolute() and ".." not in named.parts:
            return named.as_posix()
        for folder in (self._usual[0], self._usual[0].parent):
            if path.resolve().is_relative_to(folder.resolve()):
                return path.resolve().relative_to(folder.resolve()).as_posix()
        return plain_path(file_name)

    def _at(self, parts: tuple[str, ...]) -> list[Path]:
        """Return the files that the last parts of a name lead to, each once."""
        for folder in self._of_subset:
            if isfile(folder.joinpath(*parts)):
                return [folder.joinpath(*parts)]
        places = [folder.joinpath(*parts) for folder in self._usual]
        direct = [path for path in places if isfile(path)]
        deeper = [
            path for path in self._below_images[parts[-1]] if path.parts[-len(parts) :] == parts
        ]
        return list({path.resolve(): path for path in (*direct, *deeper)}.values())

    @cached_property
    def _below_images(self) -> dict[str, list[Path]]:
        """All pictures below the folders images/, by their names; read once, if it is needed."""
        found: dict[str, list[Path]] = defaultdict(list)
        for folder in self._usual[1:]:
            for path in sorted(files_below(folder)):
                if path.suffix.lower() in PICTURE_SUFFIXES:
                    found[path.name].append(path)
        return found


def plain_path(text: str) -> str:
    """Return a path from any system with slashes, without what names a machine's own folders."""
    path = text.partition(_SERVED)[2] or text
    path = _DRIVE.sub("", path.replace("\\", "/"))
    return "/".join(part for part in path.split("/") if part not in ("", ".", ".."))


def _ends(file_name: str) -> Iterator[tuple[str, ...]]:
    """Yield a name's last parts, the most first; then those without an upload's prefix."""
    plain = plain_path(file_name)
    ways = dict.fromkeys([plain, unquote(plain)])
    for path in [*ways, *(_without_prefix(way) for way in ways)]:
        parts = tuple(path.split("/"))
        yield from (parts[place:] for place in range(len(parts)))


def _without_prefix(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_UPLOAD_PREFIX.sub('', name, count=1)}"
