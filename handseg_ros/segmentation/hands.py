"""What the core answers: hands and objects with exact masks, and the images made of them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

# What ids fit into the mono8 image of instances beside the background's 0.
MAX_HANDS = 255


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

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """Return the smallest box that holds all of them; 0 everywhere where there are none."""
        parts = list(boxes)
        if not parts:
            return cls(0, 0, 0, 0)
        left, top = min(part.x for part in parts), min(part.y for part in parts)
        right = max(part.x + part.width for part in parts)
        bottom = max(part.y + part.height for part in parts)
        return cls(left, top, right - left, bottom - top)

    def expanded(self, margin: int) -> Box:
        """Return the box with so many pixels more on each side, also beyond the frame."""
        more = 2 * margin
        return Box(self.x - margin, self.y - margin, self.width + more, self.height + more)

    def intersection(self, other: Box) -> Box:
        """Return the pixels of both boxes; without any, width or height is 0."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(left, top, max(0, right - left), max(0, bottom - top))

    def within(self, other: Box) -> Box:
        """Return the box counted from the top-left pixel of another one."""
        return Box(self.x - other.x, self.y - other.y, self.width, self.height)

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
    probability that `side` is right, 0 when it is unknown; `touches` are the ids of the objects
    that it touches: `Segmentation.touched_by` gives their pixels. `track_id` is 1 or more, the same
    for the same hand in every frame, or 0 where hands are not tracked.
    """

    id: int
    side: Side
    side_confidence: float
    score: float
    box: Box
    mask: np.ndarray
    area: int
    centroid: tuple[float, float]
    touches: tuple[int, ...] = ()
    track_id: int = 0


@dataclass(frozen=True)
class ObjectRegion:
    """One connected region of held or other objects in one frame; fields as those of `Hand`."""

    id: int
    score: float
    box: Box
    mask: np.ndarray
    area: int
    centroid: tuple[float, float]


def union(parts: Sequence[Hand] | Sequence[ObjectRegion]) -> tuple[Box, np.ndarray]:
    """Return the smallest box around regions and their union in it: uint8, 0 or 255."""
    box = Box.around(part.box for part in parts)
    mask = np.zeros((box.height, box.width), np.uint8)
    for part in parts:
        mask[part.box.within(box).slices] |= part.mask
    return box, mask


@dataclass(frozen=True)
class DecodedInstances:
    """What a decoder finds in one frame: hands, highest score first, and objects alike.

    `objects` is None when the network knows none.
    """

    hands: tuple[Hand, ...]
    objects: tuple[ObjectRegion, ...] | None = None


@dataclass(frozen=True)
class Timings:
    """Where the time of one frame went, in seconds."""

    preprocessing: float
    inference: float
    decoding: float

    @property
    def total(self) -> float:
        """Time that the frame took in all."""
        return self.preprocessing + self.inference + self.decoding


@dataclass(frozen=True)
class Segmentation:
    """The hands of one frame of `height` x `width` pixels, highest score first.

    `objects` are the objects in it, or None when the model knows none.
    """

    height: int
    width: int
    hands: tuple[Hand, ...]
    timings: Timings
    objects: tuple[ObjectRegion, ...] | None = None

    def mask(self) -> np.ndarray:
        """Return the union of the hands: uint8 (height, width), 0 or 255."""
        return self._union(self.hands)

    def object_mask(self) -> np.ndarray:
        """Return the union of the objects: uint8 (height, width), 0 or 255."""
        return self._union(self.objects or ())

    def touched_by(self, hand: Hand) -> tuple[ObjectRegion, ...]:
        """Return the objects that a hand of this frame touches, highest score first."""
        return tuple(item for item in self.objects or () if item.id in hand.touches)

    def _union(self, parts: tuple[Hand, ...] | tuple[ObjectRegion, ...]) -> np.ndarray:
        image = np.zeros((self.height, self.width), np.uint8)
        for part in parts:
            image[part.box.slices] |= part.mask
        return image

    def instances(self) -> np.ndarray:
        """Return the id image: uint8 (height, width), 0 background, else the hand's `id`."""
        image = np.zeros((self.height, self.width), np.uint8)
        for hand in self.hands:
            np.copyto(image[hand.box.slices], hand.id, where=hand.mask > 0)
        return image
