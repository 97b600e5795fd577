"""One picture for training, and what is known about the hands in it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.hands import Side

BACKGROUND = 0
# Pixels nobody knows about: they have no part in any loss.
IGNORE = 255
# Pixels of a hand of which nobody knows where it ends: they are hand, but tell of no centre.
PART = 254


@dataclass(frozen=True)
class Sample:
    """A picture and its hands.

    `image` is uint8 (H, W, 3), RGB. `ids` is uint8 (H, W): `BACKGROUND`, the number of a hand
    counting from 1, `PART` or `IGNORE`. `sides[k]` is the side of hand k + 1. `objects` is bool
    (H, W), where what hands hold is, None where nobody knows. `background` is the same view
    without hands, uint8 (H, W, 3), RGB, None where there is no such picture.
    """

    image: np.ndarray
    ids: np.ndarray
    sides: tuple[Side, ...] = ()
    objects: np.ndarray | None = None
    background: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together; raises ValueError."""
        for name in ("ids", "objects", "background"):
            array = getattr(self, name)
            if array is not None and self.image.shape[:2] != array.shape[:2]:
                raise ValueError(
                    f"image {self.image.shape} and {name} {array.shape} differ in size"
                )

    @property
    def hand(self) -> np.ndarray:
        """Where a hand is known to be: bool (H, W)."""
        return (self.ids != BACKGROUND) & (self.ids != IGNORE)


def mirrored(sample: Sample) -> Sample:
    """Return the sample as a mirror shows it: left hands are right ones there."""
    swap = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
    return Sample(
        _flipped(sample.image),
        _flipped(sample.ids),
        tuple(swap[side] for side in sample.sides),
        None if sample.objects is None else _flipped(sample.objects),
        None if sample.background is None else _flipped(sample.background),
    )


def _flipped(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array[:, ::-1])


def hand_free(image: np.ndarray) -> Sample:
    """Return a sample of a picture without hands."""
    return Sample(image, np.zeros(image.shape[:2], np.uint8))
