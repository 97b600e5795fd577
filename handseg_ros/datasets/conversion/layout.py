"""Files as a data set's publication lays them out, listed and read with errors that say more."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.media.pictures import PICTURE_SUFFIXES
from handseg_ros.segmentation.errors import ImageError, MediaError

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".part", ".crdownload")


def check_layout(path: Path, parts: Collection[str], what: str) -> None:
    """Raise MediaError where a path is no folder with some parts, in words; `what` is the set."""
    if path.is_file() and path.suffix.lower() in ARCHIVES:
        raise MediaError(f"'{path}' is an archive: unpack it and give its folder")
    missing = [part for part in parts if not (path / part).exists()]
    if not path.is_dir() or missing:
        lacks = f"it has no {missing[0]}" if path.is_dir() else "it is no folder"
        packed = next((name for name in _names(path) if name.lower().endswith(ARCHIVES)), None)
        hint = f"unpack '{packed}' there" if packed else f"give the folder with {missing[0]}"
        raise MediaError(f"'{path}' is not {what}, as {lacks}: {hint}")


def names_in(folder: Path, suffixes: Collection[str] = PICTURE_SUFFIXES) -> list[str]:
    """Return the names of a folder's files of some suffixes, sorted; none without a folder."""
    return sorted(
        name
        for name in _names(folder)
        if os.path.splitext(name)[1].lower() in suffixes and not name.startswith(".")
    )


def folders_in(folder: Path) -> list[Path]:
    """Return a folder's folders, sorted."""
    return [folder / name for name in sorted(_names(folder)) if (folder / name).is_dir()]


def _names(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)


def nothing_in(path: Path, what: str) -> MediaError:
    """Return the error to raise for a data set without one picture; `what` should be there."""
    return MediaError(f"'{path}' has no pictures: {what} should be there, download them again")


def with_hand(mask: np.ndarray, least: str) -> np.ndarray:
    """Return a mask, bool (H, W), of a set whose pictures all show a hand.

    Raises UnusableError for one without a pixel, which is not read right; `least` is what a hand
    has in it.
    """
    if not mask.any():
        raise UnusableError(f"its mask has no hand, which is {least}")
    return mask


def read_values(file: Path, what: str, flags: int = cv2.IMREAD_UNCHANGED) -> np.ndarray:
    """Return the pixels of a mask as they are stored, (H, W) or (H, W, 3) BGR, 8 bits.

    Raises UnusableError, which names `what`, where it is missing, truncated or none.
    """
    try:
        pixels = decode_picture(file.read_bytes(), f"the {what}", flags)
    except FileNotFoundError as error:
        raise UnusableError(f"its {what} is missing") from error
    except (OSError, ImageError) as error:
        raise UnusableError(f"its {what} is truncated, too large or no picture") from error
    if pixels.dtype != np.uint8:
        raise UnusableError(f"its {what} has no values of 8 bits")
    return pixels


def grey_values(file: Path, what: str) -> np.ndarray:
    """Return the values of a grey mask, uint8 (H, W); raises UnusableError.

    One that is stored with three equal channels is grey.
    """
    pixels = read_values(file, what)
    if pixels.ndim == 3 and (pixels[..., :1] == pixels[..., :3]).all():
        pixels = np.ascontiguousarray(pixels[..., 0])
    if pixels.ndim != 2:
        raise UnusableError(f"its {what} is no grey picture")
    return pixels
