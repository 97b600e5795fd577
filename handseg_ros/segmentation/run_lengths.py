"""Masks as COCO's uncompressed run lengths: plain numbers, exact, readable by pycocotools.

Runs of 0 and 1 in turn, the first of background, column after column of the whole frame:
https://github.com/cocodataset/cocoapi, `maskApi.c`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box


def run_counts(mask: np.ndarray, box: Box, shape: tuple[int, int]) -> list[int]:
    """Return the run lengths of a mask that is known inside a box only, bool (height, width).

    Outside the box nothing of the frame of `shape` (H, W) is in the mask. The work is that of the
    box, not of the frame.
    """
    height, width = shape
    # Column after column in one row, with a 0 around each, so that changes are those within it.
    columns = np.zeros((box.width, box.height + 2), bool)
    columns[:, 1:-1] = cv2.transpose(mask.view(np.uint8)).view(bool) if mask.size else mask.T
    pixels = columns.ravel()
    column, row = np.divmod(np.flatnonzero(pixels[1:] != pixels[:-1]), box.height + 2)
    changes = (box.x + column) * height + box.y + row
    if box.height == height:
        # A run that goes on at the top of the next column is one run.
        goes_on = np.flatnonzero(changes[:-1] == changes[1:])
        changes = np.delete(changes, np.concatenate([goes_on, goes_on + 1]))
    ends = [height * width] if not changes.size or changes[-1] < height * width else []
    counts: list[int] = np.diff(np.concatenate([[0], changes, ends])).astype(int).tolist()
    return counts


def mask_in(counts: Sequence[int], box: Box, shape: tuple[int, int]) -> np.ndarray:
    """Return what run lengths have inside a box: uint8 (box.height, box.width), 0 or 255.

    The inverse of `run_counts`, and like it the work of the box. Raises ValueError for counts that
    are no run lengths of a frame of `shape` (H, W), or have pixels outside the box.
    """
    lengths = np.asarray(counts, np.int64)
    check_counts(lengths, shape)
    height, width = shape
    if min(box.x, box.y, box.width, box.height) < 0 or (
        box.x + box.width > width or box.y + box.height > height
    ):
        raise ValueError(f"a box that is not inside {width}x{height} pixels")
    ends = np.clip(np.cumsum(lengths), box.x * height, (box.x + box.width) * height)
    inside = np.diff(ends, prepend=box.x * height)
    values = np.arange(len(lengths), dtype=np.uint8) % 2 * np.uint8(255)
    columns = np.repeat(values, inside).reshape(box.width, height)
    mask = np.ascontiguousarray(columns[:, box.slices[0]].T)
    if np.count_nonzero(mask) != lengths[1::2].sum():
        raise ValueError("a mask with pixels outside its box")
    return mask


def check_counts(counts: np.ndarray, shape: tuple[int, int]) -> None:
    """Raise ValueError for counts that are no run lengths of a frame of `shape` (H, W)."""
    pixels = shape[0] * shape[1]
    if not counts.size or counts.min() < 0 or counts.max() > pixels or counts.sum() != pixels:
        raise ValueError(f"run lengths that do not add up to {pixels} pixels")
