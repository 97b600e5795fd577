"""One picture for training, and what is known about the hands in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.hands import Side

BACKGROUND = 0
# Pixels nobody knows about: they have no part in any loss.
IGNORE = 255


@dataclass(frozen=True)
class Sample:
    """A picture and its hands.

    `image` is uint8 (H, W, 3), RGB. `ids` is uint8 (H, W): `BACKGROUND`, the number of a hand
    counting from 1, or `IGNORE`. `sides[k]` is the side of hand k + 1.
    """

    image: np.ndarray
    ids: np.ndarray
    sides: tuple[Side, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together; raises ValueError."""
        if self.image.shape[:2] != self.ids.shape:
            raise ValueError(f"image {self.image.shape} and ids {self.ids.shape} differ in size")

    @property
    def hand(self) -> np.ndarray:
        """Where a hand is known to be: bool (H, W)."""
        return (self.ids != BACKGROUND) & (self.ids != IGNORE)


def mirrored(sample: Sample) -> Sample:
    """Return the sample as a mirror shows it: left hands are right ones there."""
    swap = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
    return Sample(
        np.ascontiguousarray(sample.image[:, ::-1]),
        np.ascontiguousarray(sample.ids[:, ::-1]),
        tuple(swap[side] for side in sample.sides),
    )


def hand_free(image: np.ndarray) -> Sample:
    """Return a sample of a picture without hands."""
    return Sample(image, np.zeros(image.shape[:2], np.uint8))
