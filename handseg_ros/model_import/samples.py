"""The pictures that a foreign network is tried on: a user's own ones and those of the package."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box, Segmentation, Side
from handseg_ros.segmentation.package_files import package_folder
from handseg_ros.segmentation.segmenter import Segmenter

# Every so many of the scene's pictures, which show one motion.
_STEP = 3
# Those of them that are shown whole too, and how much is seen around a hand in the parts.
_WIDE = (1, 3)
_AROUND = 2.2
# What the scene's pictures of ids have for the person's left and right hand.
_SIDES = {26: Side.LEFT, 51: Side.RIGHT}


@dataclass(frozen=True)
class Sample:
    """A picture, uint8 (height, width, 3), BGR, and the hands that are known to be in it.

    `reference` is uint8 (height, width), 0 or 255; `sides` the same with the values of `Side`, 0
    where none is known; `background` is the scene without hands, None where no network asks for it;
    `is_user_picture` whether a user gave the picture.
    """

    picture: np.ndarray
    reference: np.ndarray
    sides: np.ndarray
    background: np.ndarray | None = None
    is_user_picture: bool = False


def user_sample(
    picture: np.ndarray, segmenter: Segmenter, background: np.ndarray | None = None
) -> Sample:
    """Return a user's picture with the hands that the package's own model finds."""
    found = segmenter.segment(picture)
    return Sample(picture, found.mask(), _sides(found), background, is_user_picture=True)


def package_samples() -> Iterator[Sample]:
    """Yield the package's own pictures, rendered ones whose hands are known to the pixel.

    Most are cut out around a hand, as networks that learnt with close hands see none from afar.
    """
    for number, sample in enumerate(_scene()):
        if number in _WIDE:
            yield sample
        yield _around_a_hand(sample, Side.LEFT if number % 2 == 0 else Side.RIGHT)


def _scene() -> Iterator[Sample]:
    folder = package_folder("assets/rgbd_scene/images", "*")
    if folder is None:
        return
    for file in sorted(folder.iterdir())[::_STEP]:
        picture = cv2.imread(str(file))
        ids = cv2.imread(str(folder.parent / "ids" / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if picture is None or ids is None:
            continue
        sides = np.zeros(ids.shape, np.uint8)
        for value, side in _SIDES.items():
            sides[ids == value] = side
        yield Sample(picture, (ids > 0).astype(np.uint8) * np.uint8(255), sides)


def _around_a_hand(sample: Sample, side: Side) -> Sample:
    """Return a part of a picture around a hand, or around all where it is not there."""
    own = sample.sides == side
    box = Box(*cv2.boundingRect((own if own.any() else sample.reference > 0).astype(np.uint8)))
    height, width = sample.reference.shape
    size = max(box.height / height, box.width / width) * _AROUND
    rows, columns = (round(min(1.0, size) * length) for length in (height, width))
    top = min(max(0, box.y + box.height // 2 - rows // 2), height - rows)
    left = min(max(0, box.x + box.width // 2 - columns // 2), width - columns)
    part = Box(left, top, columns, rows).slices
    return Sample(
        np.ascontiguousarray(sample.picture[part]), sample.reference[part], sample.sides[part]
    )


def _sides(found: Segmentation) -> np.ndarray:
    sides = np.zeros((found.height, found.width), np.uint8)
    for hand in found.hands:
        sides[hand.box.slices][hand.mask > 0] = hand.side
    return sides
