"""Regions of the frame, each with its mask inside its own box only, and hands made of them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.decoders.score_maps import ScoreMap
from handseg_ros.segmentation.geometry import CellGrid
from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Side


@dataclass(frozen=True)
class Region:
    """Pixels of one thing; `box` is tight around them.

    `mask` is uint8 (box.height, box.width), 0 or 255; `score` how certain the thing is, 0 to 1;
    `centroid` the mean (x, y) in pixels of the frame.
    """

    box: Box
    mask: np.ndarray
    area: int
    centroid: tuple[float, float]
    score: float

    def as_hand(self, number: int, side: Side = Side.UNKNOWN, side_confidence: float = 0.0) -> Hand:
        """Return the region as the hand of this id."""
        return Hand(
            id=number,
            side=side,
            side_confidence=side_confidence,
            score=self.score,
            box=self.box,
            mask=self.mask,
            area=self.area,
            centroid=self.centroid,
        )

    def as_hand_of_class(self, number: int, side: Side) -> Hand:
        """Return the region as a hand of a class that names its side, or none.

        Of what the class's score lacks, half may be the other side's.
        """
        confidence = 0.0 if side is Side.UNKNOWN else 0.5 + 0.5 * self.score
        return self.as_hand(number, side, confidence)

    def as_object(self, number: int) -> ObjectRegion:
        """Return the region as the object of this id."""
        return ObjectRegion(number, self.score, self.box, self.mask, self.area, self.centroid)


@dataclass(frozen=True)
class UnassignedPixels:
    """The pixels of a frame that no region has yet: none belongs to two.

    `_assigned` is uint8 (height, width), 255 where a pixel has its region.
    """

    _assigned: np.ndarray

    @classmethod
    def of(cls, frame: tuple[int, int]) -> UnassignedPixels:
        """Return all pixels of a frame of (height, width)."""
        return cls(np.zeros(frame, np.uint8))

    def count(self, box: Box) -> int:
        """Return how many pixels of a box no region has."""
        if not (box.width and box.height):
            return 0
        return box.width * box.height - cv2.countNonZero(self._assigned[box.slices])

    def assign(self, inside: np.ndarray, box: Box, score: float, min_area: float) -> Region | None:
        """Claim pixels in a box; return what is left of them as a region.

        `inside` is bool (box.height, box.width). What others have is left to them; where fewer than
        `min_area` pixels remain, nothing is claimed, and None returned.
        """
        mask = inside.view(np.uint8) * np.uint8(255)
        mask[self._assigned[box.slices] > 0] = 0
        region = _region(mask, box, score)
        if region is None or region.area < min_area:
            return None
        self._assigned[region.box.slices] |= region.mask
        return region


def _region(mask: np.ndarray, box: Box, score: float) -> Region | None:
    """Return the pixels of a mask in a box, uint8 of 0 and 255; None when there are none."""
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    tight = np.ascontiguousarray(mask[y : y + height, x : x + width])
    tight_box = Box(box.x + x, box.y + y, width, height)
    # Sums of columns and of rows take a tenth of the time of OpenCV's moments.
    columns = cv2.reduce(tight, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    rows = cv2.reduce(tight, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    total = int(columns.sum())
    centroid = (
        tight_box.x + float(columns @ np.arange(width)) / total,
        tight_box.y + float(rows @ np.arange(height)) / total,
    )
    return Region(tight_box, tight, total // 255, centroid, score)


def find_regions(score_map: ScoreMap, grid: CellGrid, min_area: float) -> list[Region]:
    """Return the class's connected regions of at least so many pixels, highest score first.

    Pixels that meet at a corner hang together. A region's score is the mean probability in it.
    """
    regions: list[Region] = []
    near = cv2.dilate(score_map.candidates(), _dilation_kernel(grid))
    count, labels, stats, _ = _label(near)
    pixels_per_cell = 1.0 / (grid.scale[0] * grid.scale[1])
    for index in range(1, count):
        x, y, width, height, cells = (int(value) for value in stats[index])
        # With the cells around it no group is smaller than its pixels: noise ends here, unmade.
        if cells * pixels_per_cell < min_area:
            continue
        window = slice(y, y + height), slice(x, x + width)
        box = grid.frame_box((x, x + width - 1), (y, y + height - 1))
        mask, probability = score_map.sample(window, labels[window] == index, grid, box)
        regions += _component_regions(mask, probability, box, min_area)
    return sorted(regions, key=lambda region: -region.score)


def _dilation_kernel(grid: CellGrid) -> np.ndarray:
    """Return how far candidates reach, so that pixels of two groups never touch.

    A pixel lies less than a cell from its candidate. One cell around each is enough while cells
    are larger than pixels; where they are smaller, neighbouring pixels lie some cells apart.
    """
    rows, columns = (2 * max(1, math.ceil((1.0 + scale) / 2.0)) + 1 for scale in grid.scale)
    return np.ones((rows, columns), np.uint8)


def _label(image: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Return count, labels, stats and centroids of what hangs together, as OpenCV gives them."""
    return cv2.connectedComponentsWithStats(image, connectivity=8, ltype=_label_type(image))


def _label_type(image: np.ndarray) -> int:
    """Return OpenCV's type of labels: short ones, which take half the time, where they suffice."""
    height, width = image.shape
    # There are most of them where every second pixel is alone.
    max_labels = (height + 1) // 2 * ((width + 1) // 2)
    return cv2.CV_16U if max_labels < np.iinfo(np.uint16).max else cv2.CV_32S


def _component_regions(
    mask: np.ndarray, probability: np.ndarray, box: Box, min_area: float
) -> Iterator[Region]:
    for part in _connected_components(mask, min_area):
        window = part.box.slices
        score = float(cv2.mean(probability[window], part.mask)[0])
        index = Box(box.x + part.box.x, box.y + part.box.y, part.box.width, part.box.height)
        region = _region(part.mask * np.uint8(255), index, score)
        if region is not None:
            yield region


@dataclass(frozen=True)
class _Component:
    """Pixels that hang together: `mask` is uint8, 0 or 1, in a `box` of the mask they are of."""

    box: Box
    mask: np.ndarray


def _connected_components(mask: np.ndarray, min_area: float) -> Iterator[_Component]:
    """Return what hangs together in a mask, uint8 of 0 and 1, and has at least so many pixels."""
    if _is_connected(mask):
        box = Box(*cv2.boundingRect(mask))
        if cv2.countNonZero(mask) >= min_area:
            yield _Component(box, mask[box.slices])
        return
    count, labels, stats, _ = _label(mask)
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[index])
        if area >= min_area:
            box = Box(x, y, width, height)
            yield _Component(box, (labels[box.slices] == index).view(np.uint8))


def _is_connected(mask: np.ndarray) -> bool:
    """Whether all pixels hang together, as those of most windows do; quicker than to measure."""
    count, _ = cv2.connectedComponents(mask, connectivity=8, ltype=_label_type(mask))
    return int(count) == 2
