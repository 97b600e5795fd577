"""Guards masks as plain run lengths: COCO's order, exact both ways, and nothing else is read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.run_lengths import mask_in, run_counts

SHAPE = (23, 31)


def test_plain_run_lengths_start_with_background() -> None:
    whole = Box(0, 0, 2, 2)
    assert run_counts(np.array([[1, 0], [1, 1]], bool), whole, (2, 2)) == [0, 2, 1, 1]
    assert run_counts(np.zeros((2, 2), bool), whole, (2, 2)) == [4]
    assert run_counts(np.ones((2, 2), bool), whole, (2, 2)) == [0, 4]
    assert run_counts(np.ones((1, 1), bool), Box(1, 0, 1, 1), (2, 2)) == [2, 1, 1]


@pytest.mark.parametrize("density", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(
    "box", [Box(0, 0, 31, 23), Box(4, 0, 6, 23), Box(9, 5, 22, 18), Box(3, 7, 1, 1)]
)
def test_a_mask_comes_back_as_it_was(box: Box, density: float) -> None:
    mask = np.random.default_rng(3).random((box.height, box.width)) < density
    restored = mask_in(run_counts(mask, box, SHAPE), box, SHAPE)
    assert restored.dtype == np.uint8
    np.testing.assert_array_equal(restored, np.where(mask, 255, 0))


@pytest.mark.parametrize(
    ("counts", "box", "words"),
    [
        ([0, 5, -1], Box(0, 0, 2, 2), "do not add up to 4 pixels"),
        ([], Box(0, 0, 2, 2), "do not add up to 4 pixels"),
        ([0, 4], Box(0, 0, 1, 2), "outside its box"),
        ([0, 4], Box(0, 0, 2, 1), "outside its box"),
        ([4], Box(1, 0, 2, 2), "not inside 2x2"),
        ([4], Box(0, -1, 2, 2), "not inside 2x2"),
    ],
)
def test_what_is_no_mask_of_its_box_is_told(counts: list[int], box: Box, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mask_in(counts, box, (2, 2))
