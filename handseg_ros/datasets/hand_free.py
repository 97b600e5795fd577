"""Pictures without hands that training never saw: rooms, people, faces, legs and forearms."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.splits import HELD_OUT_PEOPLE, held_out, person

# A crop must be this long, in pixels, to show something.
_SHORTEST_CROP = 160
_MARGIN = 6
# Share of the crop that must be skin for it to say anything about forearms.
_LEAST_SKIN = 0.02

Window = tuple[slice, slice]


@dataclass(frozen=True)
class HandFreeFile:
    """A picture, or a part of one, without a hand; `kind` says what it shows."""

    kind: str
    name: str
    path: Path
    window: Window | None = None

    def read(self) -> np.ndarray:
        """Return the pixels, uint8 (H, W, 3), BGR; raises MediaError."""
        picture = read_picture(self.path)
        return picture if self.window is None else np.ascontiguousarray(picture[self.window])


def hand_free_files(data: Path) -> Iterator[HandFreeFile]:
    """Yield all hand-free pictures below the data folder, kind by kind."""
    for folder in sorted((data / "backgrounds").iterdir()):
        for file in held_out(folder.glob("*.*")):
            yield HandFreeFile("backgrounds", f"{folder.name}/{file.name}", file)
    yield from _people(data / "masked" / "ccp")
    yield from _forearms(data / "masked" / "hgr")


def free_window(occupied: np.ndarray) -> Window | None:
    """Return the largest window of full width or full height that holds no true pixel.

    `occupied` is bool (H, W). None when no window is `_SHORTEST_CROP` long on both sides.
    """
    height, width = occupied.shape
    rows = _longest_gap(np.asarray(occupied.any(axis=1)))
    columns = _longest_gap(np.asarray(occupied.any(axis=0)))
    row_area = (rows.stop - rows.start) * width
    column_area = (columns.stop - columns.start) * height
    wide = row_area >= column_area
    window = (rows, slice(0, width)) if wide else (slice(0, height), columns)
    shortest = min(part.stop - part.start for part in window)
    return window if shortest >= _SHORTEST_CROP else None


def _longest_gap(occupied: np.ndarray) -> slice:
    """Return the longest run of false values in a bool vector."""
    edges = np.flatnonzero(np.concatenate([[True], occupied, [True]]))
    lengths = np.diff(edges) - 1
    index = int(lengths.argmax())
    return slice(int(edges[index]), int(edges[index] + lengths[index]))


def _people(folder: Path) -> Iterator[HandFreeFile]:
    """Standing people above their hands: faces, hair, necks, clothes; or the legs below."""
    for file in held_out((folder / "images").glob("*.jpg")):
        occupied = read_mask(folder / "masks" / f"{file.stem}.png") > 0
        window = free_window(_with_margin(occupied))
        if window is not None:
            yield HandFreeFile("people", file.name, file, window)


def _forearms(folder: Path) -> Iterator[HandFreeFile]:
    """Photos of hands with the hand cut away, where a piece of bare forearm is left."""
    for file in sorted((folder / "images").glob("*.jpg")):
        derived = folder / "mask_hand_derived" / f"{file.stem}.png"
        if person(file) not in HELD_OUT_PEOPLE or not derived.exists():
            continue
        window = free_window(_with_margin(read_mask(derived) > 0))
        skin = read_mask(folder / "mask_skin_human" / f"{file.stem}.png") > 0
        if window is not None and skin[window].mean() > _LEAST_SKIN:
            yield HandFreeFile("forearms", file.name, file, window)


def _with_margin(occupied: np.ndarray) -> np.ndarray:
    reach = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    return cv2.dilate(occupied.astype(np.uint8), reach) > 0
