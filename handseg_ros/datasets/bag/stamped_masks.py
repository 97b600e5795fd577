"""Masks in a folder beside a bag, each named by the stamp of its image."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from handseg_ros.datasets.frames import GroundTruth, ReadLabel, Skipped
from handseg_ros.datasets.label_options import MaskValues
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import MASK_SUFFIXES, read_mask_file
from handseg_ros.datasets.mask_values import MaskSet
from handseg_ros.segmentation.errors import ImageError, MediaError

# 1700000000123456789.png in nanoseconds, also behind an index as `handseg label-bag` names it
# (000012_1700000000123456789.png), or 1700000000.123456789.png in seconds with nine decimals.
_NANOSECONDS = re.compile(r"(?:\d+_)?(\d+)")
_SECONDS = re.compile(r"(?:\d+_)?(\d+)\.(\d{9})")


class StampedMaskFolder:
    """Masks by stamp: 0 and 255 in all of them, or 0 and the hands' ids."""

    def __init__(self, folder: Path, values: MaskValues = MaskValues.AUTO) -> None:
        """List the masks; raises MediaError for no folder, and none with a stamp for a name."""
        if not folder.is_dir():
            raise MediaError(f"the folder of masks '{folder}' does not exist: check --masks")
        files = [path for path in folder.iterdir() if path.suffix.lower() in MASK_SUFFIXES]
        self._paths = _by_stamp(sorted(files))
        self._unnamed = sorted(path.stem for path in files if stamp_in_name(path.stem) is None)
        self._left = set(self._paths)
        if not self._paths:
            raise MediaError(
                f"the folder '{folder}' has no mask whose name is a stamp: name them by the header "
                "of their image in nanoseconds, as 1700000000123456789.png"
            )
        self._set = MaskSet.of(self._readable(), values, names_ids=False)

    def _readable(self) -> Iterator[np.ndarray]:
        for path in self._paths.values():
            with suppress(ImageError):  # told when its image comes
                yield _mask(path)

    @property
    def unused(self) -> list[Skipped]:
        """The masks that no image asked for."""
        lonely = sorted(self._paths[stamp].stem for stamp in self._left)
        return [
            *(Skipped(name, "its mask has no image of its stamp") for name in lonely),
            *(Skipped(name, "its mask's name is no stamp") for name in self._unnamed),
        ]

    def at(self, stamp: int) -> ReadLabel:
        """Return what is known of the image with a stamp in nanoseconds.

        Raises ImageError for a file that is no picture, UnusableError for values that are unclear.
        """
        self._left.discard(stamp)
        path = self._paths.get(stamp)
        if path is None:
            return ReadLabel(None)
        meaning = self._set.meaning(_mask(path))
        return ReadLabel(GroundTruth(meaning.ids, meaning.has_instances), meaning.notes)


def _by_stamp(files: list[Path]) -> dict[int, Path]:
    """Return masks by their stamps; raises MediaError for two of one."""
    paths: dict[int, Path] = {}
    for path in files:
        stamp = stamp_in_name(path.stem)
        if stamp is None:
            continue
        if stamp in paths:
            raise MediaError(f"{path} and {paths[stamp]} are masks of one image: delete one")
        paths[stamp] = path
    return paths


def _mask(path: Path) -> np.ndarray:
    try:
        return read_mask_file(path, "mask")
    except UnusableError as error:
        raise ImageError(
            f"the label '{path.name}' is no picture of ids, as {error}: write it again"
        ) from error


def stamp_in_name(stem: str) -> int | None:
    """Return the stamp that a file's name gives, in nanoseconds, or None."""
    if seconds := _SECONDS.fullmatch(stem):
        return int(seconds[1]) * 10**9 + int(seconds[2])
    nanoseconds = _NANOSECONDS.fullmatch(stem)
    return int(nanoseconds[1]) if nanoseconds else None
