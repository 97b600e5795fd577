"""Connected regions of one class at the frame's size, each made inside its own box only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.class_fields import ClassField
from handseg_ros.segmentation.geometry import CellGrid
from handseg_ros.segmentation.hands import Box


@dataclass(frozen=True)
class Region:
    """Pixels of one class that hang together, diagonals included.

    `mask` is uint8 (box.height, box.width), 0 or 255; `score` the class's mean probability in it;
    `centroid` the mean (x, y) in pixels of the frame.
    """

    box: Box
    mask: np.ndarray
    area: int
    centroid: tuple[float, float]
    score: float


def find_regions(field: ClassField, grid: CellGrid, least: float) -> list[Region]:
    """Return the class's regions of at least so many pixels, highest score first."""
    regions: list[Region] = []
    near = cv2.dilate(field.candidates(), _reach(grid))
    count, labels, stats, _ = _label(near)
    pixels_per_cell = 1.0 / (grid.scale[0] * grid.scale[1])
    for index in range(1, count):
        x, y, width, height, cells = (int(value) for value in stats[index])
        # With the cells around it no group is smaller than its pixels: noise ends here, unmade.
        if cells * pixels_per_cell < least:
            continue
        window = slice(y, y + height), slice(x, x + width)
        box = grid.frame_box((x, x + width - 1), (y, y + height - 1))
        mask, probability = field.sample(window, labels[window] == index, grid, box)
        regions += _components(mask, probability, box, least)
    return sorted(regions, key=lambda region: -region.score)


def _reach(grid: CellGrid) -> np.ndarray:
    """Return how far candidates reach, so that pixels of two groups never touch.

    A pixel lies less than a cell from its candidate. One cell around each is enough while cells
    are larger than pixels; where they are smaller, neighbouring pixels lie some cells apart.
    """
    rows, columns = (2 * max(1, math.ceil((1.0 + scale) / 2.0)) + 1 for scale in grid.scale)
    return np.ones((rows, columns), np.uint8)


def _label(image: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Return count, labels, stats and centroids of what hangs together, as OpenCV gives them."""
    height, width = image.shape
    # Short labels take half the time; there are most of them where every second pixel is alone.
    most = (height + 1) // 2 * ((width + 1) // 2)
    kind = cv2.CV_16U if most < np.iinfo(np.uint16).max else cv2.CV_32S
    return cv2.connectedComponentsWithStats(image, connectivity=8, ltype=kind)


def _components(
    mask: np.ndarray, probability: np.ndarray, box: Box, least: float
) -> Iterator[Region]:
    count, labels, stats, centroids = _label(mask)
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[index])
        if area < least:
            continue
        part = slice(y, y + height), slice(x, x + width)
        own = (labels[part] == index).view(np.uint8)
        yield Region(
            box=Box(box.x + x, box.y + y, width, height),
            mask=own * np.uint8(255),
            area=area,
            centroid=(box.x + float(centroids[index][0]), box.y + float(centroids[index][1])),
            score=float(cv2.mean(probability[part], own)[0]),
        )
