"""Exact bilinear interpolation of small maps, such as the mask of a box, at pixels' centres.

For places that are in no ratio to the cells, as those of a box of any size, which OpenCV's resize
does not know. A map of some dozens of cells on either axis is interpolated by two matrix products
as quickly as by OpenCV's warping, which goes in steps of 1/32 of a cell: up to a pixel's half in a
large mask.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box


def upsample_in_box(cells: np.ndarray, edges: np.ndarray, box: Box) -> np.ndarray:
    """Sample a map that covers a box of the frame at the frame's pixels of `box`, bilinearly.

    `cells` is float32 (rows, columns) and covers `edges`: left, top, right, bottom, lines between
    pixels. Beyond its outermost cells' centres the map fades to 0 within a cell, as where a mask
    is pasted with PyTorch's grid_sample (align_corners false, padding zeros), which is detectron2's
    way. Returns float32 (box.height, box.width).
    """
    left, top, right, bottom = (float(edge) for edge in edges)
    height, width = cells.shape
    rows = (np.arange(box.y, box.y + box.height) + 0.5 - top) * (height / (bottom - top)) - 0.5
    columns = (np.arange(box.x, box.x + box.width) + 0.5 - left) * (width / (right - left)) - 0.5
    return bilinear(cells, rows, columns)


def bilinear(cells: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Interpolate a map at every pair of a place among its rows and one among its columns.

    `cells` is float32 (R, C), around it is 0; places count from the first cell's centre. Returns
    float32 (rows, columns).
    """
    # Interpolation is linear along either axis, so it is a product with its weights on each side.
    wide = _product(cells, _weights(columns, cells.shape[1]).T)
    return _product(_weights(rows, cells.shape[0]), wide)


def _weights(positions: np.ndarray, count: int) -> np.ndarray:
    """Return how much of each cell is in each place among them: float32 (places, count)."""
    apart = np.abs(positions.astype(np.float32)[:, None] - np.arange(count, dtype=np.float32))
    return np.maximum(np.float32(1.0) - apart, np.float32(0.0))


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the matrix product: OpenCV's, as NumPy's has threads that wait for busy cores."""
    nothing = np.empty((0, 0), np.float32)
    return cv2.gemm(first, second, 1.0, nothing, 0.0)
