"""What the network should have answered: a sample's hands as maps at the output's stride."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.samples import IGNORE, PART, Sample

# Pixels of the network's input for a cell of its maps, on either axis.
STRIDE = 4
# A hand of fewer visible input pixels is left out of the loss: nobody could tell what it is.
MIN_HAND_PIXELS = 24
# Width of a centre's peak: this share of the hand's side, within these bounds, in cells.
_PEAK_SHARE = 0.12
_PEAK_BOUNDS = (1.0, 4.0)
# A hand of fewer cells than this (32x32 input pixels, the end of "small" in COCO) and what lies
# around it weigh more, with the root of its area, as its few cells would be lost among a picture's.
_SMALL_CELLS = 64
_HIGHEST_WEIGHT = 3.0
_AROUND = 5


@dataclass(frozen=True)
class Targets:
    """Maps for the loss, all float32 at stride 4; weights are 0 where nothing is known, and above 1
    at small hands in `mask_weight`.

    `mask`: share of hand in the cell. `centre`: Gaussian peaks. `offset`: (2, h, w), x and y from
    the cell to its hand's centre in input pixels. `side`: 1 right, 0 left.
    """

    mask: np.ndarray
    mask_weight: np.ndarray
    centre: np.ndarray
    centre_weight: np.ndarray
    offset: np.ndarray
    offset_weight: np.ndarray
    side: np.ndarray
    side_weight: np.ndarray

    def stacked(self) -> np.ndarray:
        """Return all maps as one float32 (9, h, w) in the order of the fields."""
        return np.concatenate(
            [
                part if part.ndim == 3 else part[None]
                for part in (
                    self.mask, self.mask_weight, self.centre, self.centre_weight,
                    self.offset, self.offset_weight, self.side, self.side_weight,
                )
            ]
        )  # fmt: skip


def make_targets(sample: Sample) -> Targets:
    """Return the targets of a sample whose sides are multiples of the stride."""
    ids = _without_slivers(sample)
    shape = ids.shape[0] // STRIDE, ids.shape[1] // STRIDE
    unknown = cell_mean((ids == IGNORE).astype(np.float32))
    mask = cell_mean(((ids > 0) & (ids != IGNORE)).astype(np.float32))
    centre, offset_weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    offset = np.zeros((2, *shape), np.float32)
    side, side_weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    size_weight = np.ones(shape, np.float32)
    cell_y, cell_x = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape), indexing="ij")
    for index, hand_side in enumerate(sample.sides, start=1):
        rows, columns = np.nonzero(ids == index)
        if not rows.size:
            continue
        # From pixel coordinates to cells: cell (i, j) lies at pixel (4i + 1.5, 4j + 1.5).
        half = (STRIDE - 1) / 2
        x, y = columns.mean() - half, rows.mean() - half
        spread = np.clip(_PEAK_SHARE * np.sqrt(rows.size) / STRIDE, *_PEAK_BOUNDS)
        distance = (cell_x - x / STRIDE) ** 2 + (cell_y - y / STRIDE) ** 2
        np.maximum(centre, np.exp(-distance / (2 * spread**2)), out=centre)
        # One cell is the peak itself, wherever in the cell the centre lies.
        row, column = round(y / STRIDE), round(x / STRIDE)
        centre[np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)] = 1
        share = cell_mean((ids == index).astype(np.float32))
        np.maximum(size_weight, _size_weight(share), out=size_weight)
        own = share >= 0.5
        offset[:, own] = np.stack([x - cell_x * STRIDE, y - cell_y * STRIDE])[:, own]
        offset_weight[own] = 1
        side[own] = hand_side == Side.RIGHT
        side_weight[own] = hand_side != Side.UNKNOWN
    known = (unknown == 0).astype(np.float32)
    partly = cell_mean((ids == PART).astype(np.float32))
    return Targets(
        mask,
        known * size_weight,
        centre,
        known * (partly == 0),
        offset,
        offset_weight,
        side,
        side_weight,
    )


def _size_weight(share: np.ndarray) -> np.ndarray:
    weight = np.clip(np.sqrt(_SMALL_CELLS / share.sum()), 1, _HIGHEST_WEIGHT)
    near = cv2.dilate((share > 0).astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8))
    return np.where(near > 0, weight, 1).astype(np.float32)


def _without_slivers(sample: Sample) -> np.ndarray:
    counts = np.bincount(sample.ids.ravel(), minlength=IGNORE + 1)
    slivers = [k for k in range(1, len(sample.sides) + 1) if 0 < counts[k] < MIN_HAND_PIXELS]
    return np.where(np.isin(sample.ids, slivers), IGNORE, sample.ids) if slivers else sample.ids


def cell_mean(pixels: np.ndarray) -> np.ndarray:
    """Return the mean of each cell of 4x4 pixels; float32 (H, W) to (H/4, W/4)."""
    size = pixels.shape[1] // STRIDE, pixels.shape[0] // STRIDE
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
