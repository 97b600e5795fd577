"""Photos whose masks tell hand, not hand and unknown, and photos of which only skin is known.

docs/model.md says where each source comes from and what its licence is.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.splits import kept_for_training
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.samples import BACKGROUND, IGNORE, PART, Sample

# Sources with `images/` and `masks/`, and whether every fifth picture is kept back; frames of a
# film look alike, so that keeping some back would tell nothing.
MASKED_SOURCES = {"gloves_bare": True, "gloves_white": False, "ego_table": False}
SKIN_SOURCE = "skin_people"

HAND, UNKNOWN = 255, 128
MIN_HAND_PIXELS = 60
# A human outline of skin may be off by so many pixels.
_SKIN_MARGIN = 5


def coded_ids(coded: np.ndarray) -> tuple[np.ndarray, int]:
    """Return ids, uint8 (H, W), and the number of hands of a mask, uint8 (H, W).

    Each connected piece of `HAND` is a hand, or unknown when it is smaller than `MIN_HAND_PIXELS`
    pixels; `UNKNOWN` is unknown.
    """
    pieces, labels, stats, _ = cv2.connectedComponentsWithStats(
        (coded == HAND).astype(np.uint8), connectivity=8
    )
    ids = np.zeros(coded.shape, np.uint8)
    hands = 0
    for piece in range(1, pieces):
        large = stats[piece, cv2.CC_STAT_AREA] >= MIN_HAND_PIXELS and hands < PART - 1
        hands += int(large)
        ids[labels == piece] = hands if large else IGNORE
    ids[coded == UNKNOWN] = IGNORE
    return ids, hands


def masked_samples(data: Path, source: str) -> Iterator[Sample]:
    """Yield the photos of one of `MASKED_SOURCES`, as large as they are: their hands are small."""
    folder = data / "masked" / source
    files = _photos(folder / "images")
    for file in kept_for_training(files) if MASKED_SOURCES[source] else files:
        ids, hands = coded_ids(read_mask(folder / "masks" / f"{file.stem}.png"))
        yield Sample(_rgb(file), ids, (Side.UNKNOWN,) * hands)


def skin_samples(data: Path) -> Iterator[Sample]:
    """Yield photos of people: outside their skin is no hand, inside it nothing is known."""
    folder = data / "masked" / SKIN_SOURCE
    for file in _photos(folder / "images"):
        skin = read_mask(folder / "skin" / f"{file.stem}.png") > 127
        wide = cv2.dilate(skin.astype(np.uint8), np.ones((2 * _SKIN_MARGIN + 1,) * 2, np.uint8))
        yield Sample(_rgb(file), np.where(wide > 0, IGNORE, BACKGROUND).astype(np.uint8))


def _photos(folder: Path) -> list[Path]:
    found = sorted([*folder.glob("*.jpg"), *folder.glob("*.png")])
    if not found:
        raise MediaError(f"{folder} holds no pictures: give the folder of the training data")
    return found


def _rgb(file: Path) -> np.ndarray:
    return cv2.cvtColor(read_picture(file), cv2.COLOR_BGR2RGB)
