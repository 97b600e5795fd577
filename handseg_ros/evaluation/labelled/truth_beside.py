"""Masks in a folder beside a bag, each named by the stamp of its image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from handseg_ros.evaluation.labelled.frames import Truth
from handseg_ros.evaluation.labelled.truth_in_bag import has_ids
from handseg_ros.evaluation.pictures import read_mask
from handseg_ros.segmentation.errors import ImageError, MediaError

# 1700000000123456789.png in nanoseconds, also behind an index as `handseg label-bag` names it
# (000012_1700000000123456789.png), or 1700000000.123456789.png in seconds with nine decimals.
_NANOSECONDS = re.compile(r"(?:\d+_)?(\d+)")
_SECONDS = re.compile(r"(?:\d+_)?(\d+)\.(\d{9})")


class TruthBeside:
    """Masks by stamp: 0 and 255 in all of them, or 0 and the hands' ids."""

    def __init__(self, folder: Path) -> None:
        """List the masks; raises MediaError for no folder, or none with a stamp for a name."""
        if not folder.is_dir():
            raise MediaError(f"the folder of masks '{folder}' does not exist: check --masks")
        stamped = {stamp_in_name(path.stem): path for path in sorted(folder.glob("*.png"))}
        self._paths = {stamp: path for stamp, path in stamped.items() if stamp is not None}
        if not self._paths:
            raise MediaError(
                f"the folder '{folder}' has no mask whose name is a stamp: name them by the header "
                "of their image in nanoseconds, as 1700000000123456789.png"
            )
        self._has_ids = next(map(has_ids, self._masks_with_hands()), True)

    def _masks_with_hands(self) -> Iterator[np.ndarray]:
        for path in self._paths.values():
            with suppress(MediaError):  # told when its image comes
                mask = read_mask(path)
                if mask.any():
                    yield mask

    def at(self, stamp: int) -> Truth | None:
        """Return what is known of the image with a stamp in nanoseconds, or None.

        Raises ImageError for a file that is no picture.
        """
        path = self._paths.get(stamp)
        if path is None:
            return None
        try:
            mask = read_mask(path)
        except MediaError as error:
            raise ImageError(f"the label '{path.name}' is no picture: write it again") from error
        return Truth(mask if self._has_ids else (mask > 0).astype(np.uint8), self._has_ids)


def stamp_in_name(stem: str) -> int | None:
    """Return the stamp that a file's name gives, in nanoseconds, or None."""
    if seconds := _SECONDS.fullmatch(stem):
        return int(seconds[1]) * 10**9 + int(seconds[2])
    nanoseconds = _NANOSECONDS.fullmatch(stem)
    return int(nanoseconds[1]) if nanoseconds else None
