"""Guards the count of pixels that two masks share: exact for small ones, close for large ones."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.moving_hands import painted_shape

from handseg_ros.segmentation.hands import Box
from handseg_ros.tracking.shared_pixels import shared_pixels


def _counted(box: Box, mask: np.ndarray, other_box: Box, other_mask: np.ndarray) -> int:
    """Count in an image around both."""
    around = Box.around([box, other_box])
    images = np.zeros((2, around.height, around.width), bool)
    images[0][box.within(around).slices] = mask > 0
    images[1][other_box.within(around).slices] = other_mask > 0
    return int(np.count_nonzero(images[0] & images[1]))


@settings(deadline=None)
@given(
    place=st.tuples(st.integers(-70, 70), st.integers(-70, 70)),
    sizes=st.tuples(*[st.integers(1, 60)] * 4),
    seed=st.integers(0, 1000),
)
def test_small_masks_are_counted_exactly_also_beyond_the_frame(
    place: tuple[int, int], sizes: tuple[int, int, int, int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    box, other = Box(0, 0, *sizes[:2]), Box(*place, *sizes[2:])
    masks = [
        random.integers(0, 2, (each.height, each.width)).astype(np.uint8) * 255
        for each in (box, other)
    ]
    shared = shared_pixels(box, masks[0], other, masks[1])
    assert shared == pytest.approx(_counted(box, masks[0], other, masks[1]))


@pytest.mark.parametrize("shift", [0, 30, 150, 400])
def test_large_masks_are_counted_closely(shift: int) -> None:
    mask = painted_shape(200.0, 3.0)
    height, width = mask.shape
    box, other = Box(5, 7, width, height), Box(5 + shift, 7 + shift // 2, width, height)
    counted = _counted(box, mask, other, mask)
    assert counted > 0
    area = np.count_nonzero(mask)
    assert shared_pixels(box, mask, other, mask) == pytest.approx(counted, abs=0.02 * area)


def test_masks_that_do_not_meet_share_nothing() -> None:
    mask = np.full((5, 5), 255, np.uint8)
    assert shared_pixels(Box(0, 0, 5, 5), mask, Box(5, 0, 5, 5), mask) == 0.0
