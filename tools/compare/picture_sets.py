"""The pictures that methods are compared on, laid out for workers: a folder a set, PNG alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.hand_free import hand_free_files
from handseg_ros.segmentation.errors import MediaError

MASKED_SETS = ("ralf50", "irllabs20")
HAND_FREE = "hand_free"
# Hand-free pictures are many and alike.
_EVERY = 3


def write_pictures(data: Path, out: Path) -> None:
    """Write OUT/pictures/SET/NAME.png, and OUT/masks/SET/NAME.png of those with hands.

    Raises MediaError when the data is not there.
    """
    for name in MASKED_SETS:
        for stem, image, mask in _masked(data / "dev" / name):
            _write(out / "pictures" / name / f"{stem}.png", image)
            _write(out / "masks" / name / f"{stem}.png", mask)
    for number, picture in enumerate(hand_free_files(data)):
        if number % _EVERY == 0:
            _write(out / "pictures" / HAND_FREE / f"{number:04d}.png", picture.read())


def _masked(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    files = sorted((folder / "images").glob("*"))
    if not files:
        raise MediaError(f"{folder / 'images'} holds no pictures: give the folder of the data")
    for file in files:
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
        mask = cv2.imread(str(folder / "masks" / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if image is not None and mask is not None:
            yield file.stem, image, mask


def _write(file: Path, image: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
