"""Guards what the network is taught: cells, centres, offsets, sides; nothing where unknown."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.samples import IGNORE, PART, Sample
from handseg_ros.training.targets import MIN_HAND_PIXELS, make_targets


def sample(ids: np.ndarray, *sides: Side) -> Sample:
    return Sample(np.zeros((*ids.shape, 3), np.uint8), ids, sides)


def test_a_cell_holds_the_share_of_its_sixteen_pixels() -> None:
    ids = np.zeros((32, 64), np.uint8)
    ids[8:16, 10:20] = 1
    mask = make_targets(sample(ids, Side.LEFT)).mask
    assert mask.shape == (8, 16)
    np.testing.assert_array_equal(mask[2, 2:5], [0.5, 1.0, 1.0])
    assert mask.sum() == 80 / 16


def test_offsets_lead_from_every_cell_to_its_own_hand() -> None:
    ids = np.zeros((64, 128), np.uint8)
    ids[10:30, 8:40] = 1
    ids[24:60, 80:120] = 2
    targets = make_targets(sample(ids, Side.LEFT, Side.RIGHT))
    for index, (x, y) in ((1, (23.5, 19.5)), (2, (99.5, 41.5))):
        rows, columns = np.nonzero((targets.offset_weight > 0) & (ids[2::4, 2::4] == index))
        assert rows.size
        reached_x = 4 * columns + 1.5 + targets.offset[0, rows, columns]
        reached_y = 4 * rows + 1.5 + targets.offset[1, rows, columns]
        np.testing.assert_allclose(reached_x, x, atol=1e-4)
        np.testing.assert_allclose(reached_y, y, atol=1e-4)


def test_each_hand_has_exactly_one_peak_at_its_mean_pixel() -> None:
    ids = np.zeros((64, 128), np.uint8)
    ids[8:24, 8:24] = 1
    ids[40:60, 80:120] = 2
    centre = make_targets(sample(ids, Side.UNKNOWN, Side.UNKNOWN)).centre
    peaks = np.argwhere(centre == 1)
    # Means (15.5, 15.5) and (99.5, 49.5): cells at 4i + 1.5.
    assert {(3, 3), (4, 4)} & {tuple(peak) for peak in peaks}
    assert (12, 24) in {tuple(peak) for peak in peaks}
    assert len(peaks) == 2


def test_side_is_taught_where_known_and_nowhere_else() -> None:
    ids = np.zeros((32, 96), np.uint8)
    ids[8:24, 4:24] = 1
    ids[8:24, 36:56] = 2
    ids[8:24, 68:88] = 3
    targets = make_targets(sample(ids, Side.LEFT, Side.RIGHT, Side.UNKNOWN))
    assert targets.side_weight[4, 3] == 1
    assert targets.side[4, 3] == 0
    assert targets.side_weight[4, 11] == 1
    assert targets.side[4, 11] == 1
    assert targets.side_weight[:, 17:].sum() == 0
    assert targets.offset_weight[4, 19] == 1


def test_a_part_of_a_hand_is_hand_and_has_no_centre_nor_denies_one() -> None:
    ids = np.zeros((32, 32), np.uint8)
    ids[8:20, 8:20] = PART
    targets = make_targets(sample(ids))
    assert targets.mask[3, 3] == targets.mask_weight[3, 3] == 1
    assert targets.centre.max() == targets.offset_weight.max() == targets.side_weight.max() == 0
    assert (targets.centre_weight[2:5, 2:5] == 0).all()
    assert targets.centre_weight.sum() == 64 - 9


def test_a_small_hand_weighs_more_than_its_cells_and_a_large_one_does_not() -> None:
    ids = np.zeros((128, 128), np.uint8)
    ids[8:24, 8:24] = 1
    ids[64:128, 64:128] = 2
    ids[8:16, 100:108] = 3
    weight = make_targets(sample(ids, *[Side.UNKNOWN] * 3)).mask_weight
    assert weight[3, 3] == weight[1, 1] == 2
    assert weight[20, 20] == weight[10, 2] == 1
    assert weight[2, 26] == 3


def test_ignored_pixels_silence_their_cells() -> None:
    ids = np.zeros((32, 32), np.uint8)
    ids[13, 13] = IGNORE
    weight = make_targets(sample(ids)).mask_weight
    assert weight[3, 3] == 0
    assert weight.sum() == 63


@pytest.mark.parametrize(
    ("pixels", "kept"), [(MIN_HAND_PIXELS - 1, False), (MIN_HAND_PIXELS, True)]
)
def test_slivers_of_hands_are_ignored(pixels: int, kept: bool) -> None:
    ids = np.zeros((32, 64), np.uint8)
    ids[9, 4 : 4 + pixels] = 1
    targets = make_targets(sample(ids, Side.LEFT))
    assert bool(targets.centre.max() == 1) is kept
    assert bool(targets.mask_weight.min() == 1) is kept
