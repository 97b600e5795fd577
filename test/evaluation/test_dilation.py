"""Guards the dilation by a disk, on words of bits, against the distance of all pairs of pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.evaluation.dilation import near


def by_distance(mask: np.ndarray, radius: int) -> np.ndarray:
    rows, columns = np.indices(mask.shape)
    covered = np.zeros(mask.shape, bool)
    for y, x in np.argwhere(mask):
        covered |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return covered


RADII = [0, 1, 2, 6, 13, 40]


@pytest.mark.parametrize("shape", [(1, 1), (20, 63), (30, 64), (70, 65), (9, 200)])
def test_near_is_what_a_disk_around_a_pixel_covers(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    for share in (0.0, 0.003, 0.05):
        mask = random.random(shape) < share
        mask.flat[random.integers(mask.size)] = share > 0
        for radius, covered in zip(RADII, near(mask, RADII), strict=True):
            np.testing.assert_array_equal(covered, by_distance(mask, radius))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_a_window_without_pixels_has_none_near(shape: tuple[int, int]) -> None:
    (covered,) = near(np.zeros(shape, bool), [3])
    assert covered.shape == shape
