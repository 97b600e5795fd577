"""Picture files: one, a folder of them, or those that match a glob."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.image_messages.other_formats import other_format
from handseg_ros.image_messages.picture_header import START_LENGTH, is_picture
from handseg_ros.image_messages.picture_pages import has_more_pages
from handseg_ros.image_messages.pictures import decode_upright, picture_to_bgr
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.media.frames import Frame
from handseg_ros.segmentation.errors import ImageError, MediaError
from handseg_ros.segmentation.user_path import user_path

PICTURE_SUFFIXES = frozenset(
    [
        ".bmp", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif",
        ".tiff", ".webp",
    ]
)  # fmt: skip
# Pictures to people, but not to this package: told when a folder has some.
_OTHER_SUFFIXES = frozenset(
    [
        ".arw", ".avif", ".cr2", ".cr3", ".dng", ".exr", ".heic", ".heics", ".heif", ".j2k", ".jp2",
        ".jxl", ".nef", ".orf", ".psd", ".raf", ".rw2", ".svg", ".xcf",
    ]
)  # fmt: skip
# Videos and animations have frames of their own, and are answered one by one.
_VIDEO_SUFFIXES = frozenset(
    [
        ".avi", ".gif", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts",
        ".webm", ".wmv",
    ]
)  # fmt: skip
# grey and 16 bits are kept, alpha is not
PICTURE_FLAGS = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH


class UnreadablePictureError(ImageError, MediaError):
    """A picture file cannot be read at all: no permission, a dangling link, a folder, ..."""


@dataclass(frozen=True)
class _FolderListing:
    """The pictures of a folder or a glob, and a sentence for each file that is none."""

    pictures: tuple[Path, ...]
    left_out: tuple[str, ...]


class PictureSource:
    """Picture files, in the order given. Orientation tags are applied.

    `root` is the folder that they were asked for in: their place below it is part of their name.
    `remarks` has a sentence for the first picture whose values use few of 16 bits, or which has
    others behind it.
    """

    live = False
    rate = None
    lost = ""
    missing = 0

    def __init__(
        self, paths: Sequence[Path], root: Path | None = None, left_out: Sequence[str] = ()
    ) -> None:
        self.paths = tuple(paths)
        self.root = root
        self.left_out = tuple(left_out)
        self.remarks: list[str] = []

    @property
    def length(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    def __iter__(self) -> Iterator[Frame]:
        """Read one file after the other; after an error, `next()` goes on with the next file.

        `next()` raises ImageError for a file that is bad, UnreadablePictureError among them.
        """
        return map(self._frame, range(len(self.paths)), self.paths)

    def _frame(self, index: int, path: Path) -> Frame:
        now = time.time()
        # Each file by itself: those of a folder may be of many cameras.
        bits = SignificantBits(report=lambda sentence: self._remark(f"'{path}': {sentence}"))
        data = _bytes_of(path)
        picture = _decoded(data, path, bits)
        if has_more_pages(data):
            self._remark(f"'{path}' has several pictures in it, and only the first is answered")
        return Frame(picture, index, path.stem, now)

    def _remark(self, sentence: str) -> None:
        if not self.remarks:
            self.remarks.append(sentence)


def read_picture(path: Path) -> np.ndarray:
    """Read a picture file as uint8 (height, width, 3), BGR, upright.

    Grey is repeated, alpha dropped, 16 bits scaled so that 65535 becomes 255, or the largest value
    of 8, 10 or 12 bits where it uses no more. Raises UnreadablePictureError if the file cannot be
    read, and ImageError if it is truncated, too large or no picture.
    """
    return _decoded(_bytes_of(path), path, SignificantBits())


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadablePictureError(
            f"the picture '{path}' cannot be read, {error.strerror}: check its name and permissions"
        ) from error


def _decoded(data: bytes, path: Path, bits: SignificantBits) -> np.ndarray:
    return picture_to_bgr(decode_upright(data, f"the picture '{path}'", PICTURE_FLAGS), bits)


def is_picture_file(path: Path) -> bool:
    """Return whether a file is a picture: by its suffix, else by how it begins.

    Pictures that this package does not read count too, as they are no videos.
    """
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return True
    start = _start_of(path)
    return is_picture(start) or other_format(start) is not None


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that puts frame_2 before frame_10."""
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def pictures_in(folder: Path) -> PictureSource:
    """Return the pictures that lie in a folder, in natural order; raises MediaError."""
    try:
        listing = _list_pictures(folder.iterdir())
    except OSError as error:
        raise MediaError(
            f"the folder '{folder}' cannot be read, {error.strerror}: check its permissions"
        ) from error
    if not listing.pictures:
        raise _no_pictures(f"the folder '{folder}' has no pictures in it: it needs", listing)
    return PictureSource(listing.pictures, folder, listing.left_out)


def pictures_matching(pattern: str) -> PictureSource:
    """Return the pictures that match a glob, in natural order; raises MediaError.

    Folders at its beginning that exist are taken by their names, whatever these hold.
    """
    root, rest = _split(pattern)
    escaped = os.path.join(glob.escape(str(root)), rest)
    listing = _list_pictures(map(Path, glob.glob(escaped, recursive=True)))
    if not listing.pictures:
        raise _no_pictures(f"the glob '{pattern}' matches no pictures: it must match", listing)
    return PictureSource(listing.pictures, root, listing.left_out)


def _split(pattern: str) -> tuple[Path, str]:
    """Return the folder that a glob begins with, and what follows it."""
    parts = user_path(pattern).parts
    root = Path()
    for index, part in enumerate(parts[:-1]):
        if glob.has_magic(part) and not (root / part).is_dir():
            return root, os.path.join(*parts[index:])
        root /= part
    return root, parts[-1]


def _list_pictures(files: Iterable[Path]) -> _FolderListing:
    pictures: list[Path] = []
    left_out: list[str] = []
    for file in sorted(files, key=natural_order):
        suffix = file.suffix.lower()
        if suffix not in PICTURE_SUFFIXES | _OTHER_SUFFIXES | _VIDEO_SUFFIXES:
            continue
        if file.exists() and not file.is_file():
            left_out.append(f"'{file}' is no file")
        elif suffix in PICTURE_SUFFIXES:
            pictures.append(file)
        elif suffix in _VIDEO_SUFFIXES:
            left_out.append(f"'{file}' is a video, whose frames are no pictures: give it by itself")
        else:
            kind = other_format(_start_of(file))
            left_out.append(f"'{file}' is {kind or f'of a kind that is not read: {_WAY_OUT}'}")
    return _FolderListing(tuple(pictures), tuple(left_out))


_WAY_OUT = "save it as JPEG or PNG"


def _no_pictures(sentence: str, listing: _FolderListing) -> MediaError:
    left_out = f" ({listing.left_out[0]})" if listing.left_out else ""
    return MediaError(f"{sentence} files ending in {', '.join(sorted(PICTURE_SUFFIXES))}{left_out}")


def _start_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(START_LENGTH)
    except OSError:
        return b""
