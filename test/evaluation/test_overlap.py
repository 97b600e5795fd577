"""Guards the figures themselves, by examples worked out by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.evaluation.overlap import Overlap, overlap


def strip(first: int, last: int) -> np.ndarray:
    mask = np.zeros((2, 10), np.uint8)
    mask[:, first:last] = 255
    return mask


def test_overlap_counts_pixels_of_both_and_of_each() -> None:
    assert overlap(strip(0, 4), strip(2, 8)) == Overlap(both=4, found=8, known=12)
    assert overlap(strip(0, 4), strip(2, 8)).either == 16
    assert overlap(strip(0, 4), strip(2, 8) > 0).iou == 0.25


def test_two_empty_masks_agree() -> None:
    assert overlap(strip(0, 0), strip(0, 0)).iou == 1.0


def test_masks_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 10\) and \(3, 3\)"):
        overlap(strip(0, 1), np.zeros((3, 3), bool))
