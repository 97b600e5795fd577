"""Hands on paths, as a model would find them: with noise, misses, wrong sides and merging."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from support.painted_hand import paint_hand

from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings

HEIGHT, WIDTH = 480, 640
# What is left of a hand behind a cover or another hand, in pixels, is found from here on.
_LEAST_AREA = 150
_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
Place = tuple[float, float]
Path = Callable[[float], Place | None]


@dataclass(frozen=True)
class Mover:
    """A hand: the centre of its shape at each time in seconds, None where it is not there.

    `shape` is its mask: uint8 (height, width), 0 or 255.
    """

    path: Path
    side: Side
    shape: np.ndarray


@dataclass(frozen=True)
class Seeing:
    """How well hands are found: chances, and pixels by which a mask's place may be wrong.

    `merges` says whether hands that touch are found as one; nothing is seen inside `cover`.
    """

    missed: float = 0.0
    wrong_side: float = 0.0
    jitter: float = 0.0
    merges: bool = False
    cover: Box | None = None
    confidence: float = 0.85


@dataclass(frozen=True)
class View:
    """One frame: what was found, and whose hand each is, by the movers' places.

    A hand that is several movers' in one mask is nobody's: None.
    """

    time: float
    segmentation: Segmentation
    owners: tuple[int | None, ...]


def painted_shape(radius: float, angle: float) -> np.ndarray:
    """Return a painted hand's mask: a palm of that radius, fingers from an angle in radians on."""
    size = round(6 * radius)
    image = np.zeros((size, size), np.uint8)
    paint_hand(image, np.array([size / 2, size / 2]), radius, angle, 255)
    return image[Box(*cv2.boundingRect(image)).slices]


def line(start: Place, end: Place, seconds: float) -> Path:
    """Return a path along a straight line in so many seconds; it ends there."""

    def at(time: float) -> Place:
        share = min(max(time / seconds, 0.0), 1.0)
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

    return at


def hidden_between(path: Path, begin: float, end: float) -> Path:
    """Return a path that is followed out of sight between two times."""
    return lambda time: None if begin <= time < end else path(time)


def views(
    movers: Sequence[Mover], seconds: float, rate: float, seeing: Seeing, seed: int = 0
) -> Iterator[View]:
    """Yield what is found of the movers, later ones before earlier ones, at a rate in hertz."""
    random = np.random.default_rng(seed)
    for number in range(round(seconds * rate)):
        time = number / rate
        regions = _regions(_ids(movers, time, seeing, random), len(movers), merged=seeing.merges)
        regions = [region for region in regions if random.random() >= seeing.missed]
        hands: list[Hand] = []
        owners: list[int | None] = []
        for place in random.permutation(len(regions)):
            mask, of = regions[place]
            hands.append(_hand(len(hands) + 1, mask, movers[of[0]].side, seeing, random))
            owners.append(of[0] if len(of) == 1 else None)
        found = Segmentation(HEIGHT, WIDTH, tuple(hands), Timings(0.0, 0.0, 0.0))
        yield View(time, found, tuple(owners))


def _ids(
    movers: Sequence[Mover], time: float, seeing: Seeing, random: np.random.Generator
) -> np.ndarray:
    """Return an image of the movers' places, from 1 on."""
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, mover in enumerate(movers, start=1):
        centre = mover.path(time)
        if centre is not None:
            x, y = np.rint(np.array(centre) + random.normal(0.0, seeing.jitter, 2)).astype(int)
            _paste(ids, mover.shape, int(x), int(y), number)
    if seeing.cover:
        ids[seeing.cover.slices] = 0
    return ids


def _paste(ids: np.ndarray, shape: np.ndarray, x: int, y: int, value: int) -> None:
    height, width = shape.shape
    whole = Box(x - width // 2, y - height // 2, width, height)
    seen = whole.intersection(Box(0, 0, WIDTH, HEIGHT))
    ids[seen.slices][shape[seen.within(whole).slices] > 0] = value


def _regions(
    ids: np.ndarray, movers: int, *, merged: bool
) -> list[tuple[np.ndarray, tuple[int, ...]]]:
    """Return each found mask, of the whole frame, with the places of its movers."""
    if merged:
        count, parts = cv2.connectedComponents((ids > 0).astype(np.uint8))
    else:
        count, parts = movers + 1, ids
    masks = [np.where(parts == number, np.uint8(255), np.uint8(0)) for number in range(1, count)]
    return [
        (mask, tuple((np.unique(ids[mask > 0]) - 1).tolist()))
        for mask in masks
        if np.count_nonzero(mask) >= _LEAST_AREA
    ]


def _hand(
    number: int, image: np.ndarray, side: Side, seeing: Seeing, random: np.random.Generator
) -> Hand:
    if random.random() < seeing.wrong_side:
        side = _OTHER[side]
    confidence = 0.0 if side is Side.UNKNOWN else seeing.confidence
    return hand_of_mask(number, image, side, confidence)


def hand_of_mask(number: int, image: np.ndarray, side: Side, confidence: float) -> Hand:
    """Return the hand of a mask of the whole frame."""
    box = Box(*cv2.boundingRect(image))
    mask = np.ascontiguousarray(image[box.slices])
    rows, columns = np.nonzero(mask)
    centroid = float(columns.mean() + box.x), float(rows.mean() + box.y)
    return Hand(number, side, confidence, 0.9, box, mask, len(rows), centroid)
