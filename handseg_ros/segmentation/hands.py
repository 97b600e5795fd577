"""What the core answers: hands with exact masks, and the images that can be drawn from them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np


class Side(enum.IntEnum):
    """Which hand of its own person it is; values equal HandInstance.msg's SIDE constants."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2


@dataclass(frozen=True)
class Box:
    """Axis-aligned box in pixels of the frame; `x`, `y` is its top-left pixel."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the box, to index an image of shape (height, width, ...)."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True)
class Hand:
    """One hand of one frame.

    `id` is its value (1 to 255) in `Segmentation.instances()`; `mask` is uint8 of shape
    (box.height, box.width), 0 or 255; `area` counts the mask's pixels; `centroid` is their mean
    (x, y) in pixels of the frame; `score` lies between 0 and 1; `side_confidence` is the
    probability that `side` is right, 0 when it is unknown.
    """

    id: int
    side: Side
    side_confidence: float
    score: float
    box: Box
    mask: np.ndarray
    area: int
    centroid: tuple[float, float]


@dataclass(frozen=True)
class Timings:
    """Where the time of one frame went, in seconds."""

    preprocessing: float
    inference: float
    decoding: float


@dataclass(frozen=True)
class Segmentation:
    """The hands of one frame of `height` x `width` pixels, highest score first."""

    height: int
    width: int
    hands: tuple[Hand, ...]
    timings: Timings

    def mask(self) -> np.ndarray:
        """Return the union of the hands: uint8 (height, width), 0 or 255."""
        image = np.zeros((self.height, self.width), np.uint8)
        for hand in self.hands:
            image[hand.box.slices] |= hand.mask
        return image

    def instances(self) -> np.ndarray:
        """Return the id image: uint8 (height, width), 0 background, else the hand's `id`."""
        image = np.zeros((self.height, self.width), np.uint8)
        for hand in self.hands:
            np.copyto(image[hand.box.slices], hand.id, where=hand.mask > 0)
        return image
