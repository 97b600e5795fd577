"""Guards which found hand is held for which known one, by examples worked out by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.evaluation.instance_matching import found_masks, iou_table, match
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings


def strip(first: int, last: int) -> np.ndarray:
    mask = np.zeros((2, 10), bool)
    mask[:, first:last] = True
    return mask


def test_found_masks_lie_where_their_boxes_are() -> None:
    mask = np.array([[255, 0], [255, 255]], np.uint8)
    hand = Hand(1, Side.LEFT, 0.9, 0.8, Box(3, 1, 2, 2), mask, 3, (3.3, 1.7))
    (placed,) = found_masks(Segmentation(4, 6, (hand,), Timings(0.0, 0.0, 0.0)))
    assert placed.dtype == bool
    assert placed.shape == (4, 6)
    assert np.argwhere(placed).tolist() == [[1, 3], [2, 3], [2, 4]]


def test_every_pair_has_its_iou() -> None:
    table = iou_table([strip(0, 4), strip(6, 10)], [strip(2, 8), strip(0, 4), strip(9, 10)])
    assert table == pytest.approx(np.array([[2 / 8, 1, 0], [2 / 8, 0, 1 / 4]]))
    assert iou_table([], [strip(0, 1)]).shape == (0, 1)


def test_masks_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 10\) and \(3, 3\)"):
        iou_table([strip(0, 1)], [np.zeros((3, 3), bool)])


def test_each_found_hand_takes_the_known_hand_it_overlaps_most() -> None:
    table = np.array([[0.6, 0.9], [0.7, 0.2]])
    assert match(table, [0.5, 0.8]) == (1, 0)


def test_a_known_hand_found_twice_belongs_to_the_more_certain_one() -> None:
    table = np.array([[0.9], [0.6]])
    assert match(table, [0.5, 0.8]) == (1,)


def test_a_found_hand_whose_best_is_taken_goes_to_the_next() -> None:
    table = np.array([[0.9, 0.0], [0.8, 0.55]])
    assert match(table, [0.9, 0.8]) == (0, 1)


def test_one_found_hand_over_two_known_ones_counts_once() -> None:
    assert match(np.array([[0.5, 0.5]]), [0.9]) in ((0, None), (None, 0))


def test_an_overlap_of_one_half_is_enough_and_less_is_not() -> None:
    assert match(np.array([[0.5]]), [0.9]) == (0,)
    assert match(np.array([[0.499]]), [0.9]) == (None,)
    assert match(np.array([[0.5]]), [0.9], least=0.75) == (None,)


def test_nothing_found_leaves_all_known_hands_missed() -> None:
    assert match(np.zeros((0, 2)), []) == (None, None)
    assert match(np.zeros((2, 0)), [0.9, 0.8]) == ()
