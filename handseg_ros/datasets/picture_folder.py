"""Puts the pictures of labelled frames into a folder, their bytes unchanged."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.media.linked_files import link_or_copy
from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.errors import MediaError

# Frames of recordings, which are no files, are written in a format that loses nothing.
_LOSSLESS = ".png"
# How names of sets begin whose pictures lie in a folder of this name beside the labels.
_PICTURES = "images/"


def place_picture(folder: Path, frame: LabelledFrame) -> str:
    """Put a frame's picture below a folder and return its path there, with slashes.

    It is called as the frame, but for a first folder `images/` of its name. Its file gets one more
    name (see `link_or_copy`); a frame without a file is written as PNG. Raises MediaError where it
    cannot be written, also where another picture has its name.
    """
    suffix = _LOSSLESS if frame.file is None else frame.file.suffix
    name = f"{frame.name.removesuffix(suffix).removeprefix(_PICTURES)}{suffix}"
    target = folder / PurePosixPath(name)
    if target.exists():
        raise MediaError(f"two pictures would be written to '{name}': rename one of them")
    if frame.file is None:
        write_picture(target, frame.image)
    else:
        link_or_copy(frame.file, target)
    return name


def words_not_held(frame: LabelledFrame, held: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of a frame's tags but those that a format holds."""
    return tuple(sorted(set(frame.tags) - set(held)))


def background_not_held(frame: LabelledFrame) -> tuple[str, ...]:
    """Return half a sentence on a frame's background for formats that cannot name it."""
    return () if frame.background is None else ("which background a picture has was left out",)
