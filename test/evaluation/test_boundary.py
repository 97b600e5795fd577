"""Guards the boundary F-score: by hand, and against DAVIS' definition written with scikit-image."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from skimage.morphology import dilation, disk

from handseg_ros.evaluation.boundary import (
    BoundaryMatch,
    diagonal_share,
    match_boundaries,
    outline,
)

SHAPE = (90, 120)


def square(x: int, y: int, size: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[y : y + size, x : x + size] = True
    return mask


def blob(seed: int) -> np.ndarray:
    """Return an irregular area that touches edges of the frame now and then."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask = np.zeros(SHAPE, bool)
    for _ in range(3):
        y, x = random.integers(0, SHAPE[0]), random.integers(0, SHAPE[1])
        mask |= np.hypot(rows - y, columns - x) < random.integers(5, 25)
    return mask


def davis(found: np.ndarray, known: np.ndarray, tolerance: int) -> float:
    """Return the F-score as section 4 of Perazzi et al. has it: dilate by a disk, count, divide."""
    lines = outline(found), outline(known)
    near = [dilation(line, disk(tolerance)) for line in lines]
    precision = np.count_nonzero(lines[0] & near[1]) / np.count_nonzero(lines[0])
    recall = np.count_nonzero(lines[1] & near[0]) / np.count_nonzero(lines[1])
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def test_the_outline_of_a_square_runs_on_its_last_and_before_its_first_pixels() -> None:
    mask = np.zeros((6, 7), bool)
    mask[2:4, 2:5] = True
    assert outline(mask).astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 0, 0],
        [0, 1, 0, 0, 1, 0, 0],
        [0, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]


def test_the_edge_of_the_frame_is_no_outline() -> None:
    assert not outline(np.ones(SHAPE, bool)).any()


def test_a_shift_within_the_tolerance_is_right_and_one_beyond_is_not() -> None:
    near = match_boundaries(square(22, 20, 30), square(20, 20, 30), [1, 2])
    assert near[1].f_score == 1
    # Each outline has 31 pixels on each of 4 sides, less 4 corners that two sides share. At 1 pixel
    # the horizontal sides agree but for one pixel at one end each; of the vertical ones nothing but
    # the ends that lie near the other's horizontal sides.
    assert near[0].found == near[0].known == 4 * 30
    assert near[0].f_score < 1
    assert match_boundaries(square(60, 20, 20), square(20, 20, 20), [2])[0].f_score == 0


def test_a_tolerance_is_a_disk() -> None:
    one, other = np.zeros((2, 20, 20), bool)
    one[5, 5] = True
    other[8, 9] = True  # every pixel of its outline is one of the other's, 5 pixels away
    assert match_boundaries(one, other, [4])[0].found_near < 4
    assert match_boundaries(one, other, [5])[0] == BoundaryMatch(4, 4, 4, 4)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_a_dilation_by_a_disk_gives(seed: int) -> None:
    found, known = blob(seed), blob(seed + 100)
    tolerances = 2, diagonal_share(SHAPE, 0.0075), 7
    for tolerance, result in zip(
        tolerances, match_boundaries(found, known, tolerances), strict=True
    ):
        assert result.f_score == pytest.approx(davis(found, known, tolerance))


def test_an_empty_mask_against_a_hand_is_zero_and_against_another_empty_one_is_one() -> None:
    nothing = np.zeros(SHAPE, bool)
    assert match_boundaries(nothing, square(5, 5, 9), [2])[0].f_score == 0
    assert match_boundaries(square(5, 5, 9), nothing, [2])[0].f_score == 0
    assert match_boundaries(nothing, nothing, [2])[0].f_score == 1


def test_a_share_of_the_diagonal_is_rounded_up() -> None:
    assert diagonal_share((480, 640), 0.0075) == 6
    assert diagonal_share((720, 1280), 0.0075) == 12
