"""Guards the keep-out mask, which must never be smaller than said, and depth without hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest
from support.depth_scene import (
    SIZE,
    millimetres,
    pinhole,
    rectangle,
    segmentation_of,
    view_of,
    wall,
)
from support.painted_hand import paint_hand

from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.segmentation.hands import Box, Segmentation, Timings

CAMERA = pinhole()
HAND = Box(300, 220, 40, 30)


def distances(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's exact distance, in pixels, from a mask of the whole image, bool."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def check_reach(marked: np.ndarray, mask: np.ndarray, radius: float) -> None:
    """Assert that what is within reach is marked, and nothing that is much farther."""
    assert marked.dtype == np.uint8
    assert set(np.unique(marked)) <= {0, 255}
    away = distances(mask)
    assert (marked[away <= radius] == 255).all()
    assert (marked[away > 1.25 * radius + 1] == 0).all()


def painted(size: tuple[int, int], palm: tuple[int, int], radius: float) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    paint_hand(mask, np.array(palm), radius, 0.3, 255)
    return mask > 0


@pytest.mark.parametrize("distance", [0.2, 0.3, 0.5, 0.8, 1.0, 1.5, 3.0])
def test_a_hand_is_grown_by_metres_at_its_depth(distance: float) -> None:
    mask = painted(SIZE, (320, 260), 0.03 * 525 / distance)
    view = view_of(np.where(mask, distance, 4.0), CAMERA)
    marked = keep_out(segmentation_of(mask), view, distance_m=0.04, distance_px=3)
    check_reach(marked, mask, 0.04 * 525 / distance)


def test_the_nearest_part_of_a_hand_decides() -> None:
    mask = rectangle(HAND)
    depth = wall(CAMERA, 1.0)
    depth[:, :310] = 0.9  # a quarter of the hand
    marked = keep_out(segmentation_of(mask), view_of(depth, CAMERA), 0.04, 3)
    check_reach(marked, mask, 0.04 * 525 / 0.9)


def test_each_hand_has_its_own_distance() -> None:
    near, far = rectangle(Box(60, 200, 40, 40)), rectangle(Box(500, 200, 40, 40))
    view = view_of(np.where(near, 0.5, 1.5), CAMERA)
    marked = keep_out(segmentation_of(near, far), view, 0.04, 3)
    left = np.arange(640) < 320
    check_reach(np.where(left, marked, 0), near, 42)
    check_reach(np.where(left, 0, marked), far, 14)


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.5, 12.0, 50.0, 150.0])
def test_without_depth_a_hand_is_grown_by_pixels(radius: float) -> None:
    mask = painted(SIZE, (320, 260), 40)
    check_reach(keep_out(segmentation_of(mask), None, 0.04, radius), mask, radius)


def test_a_hand_whose_depth_is_not_known_is_grown_by_pixels() -> None:
    known, unknown = rectangle(Box(60, 200, 40, 40)), rectangle(Box(500, 200, 40, 40))
    depth = np.where(unknown, 0.0, 1.0)
    marked = keep_out(segmentation_of(known, unknown), view_of(depth, CAMERA), 0.04, 9)
    left = np.arange(640) < 320
    check_reach(np.where(left, marked, 0), known, 21)
    check_reach(np.where(left, 0, marked), unknown, 9)


def test_depth_that_no_hand_can_have_does_not_grow_it_without_bounds() -> None:
    mask = rectangle(HAND)
    view = view_of(np.where(mask, 0.001, 1.0), CAMERA)
    check_reach(keep_out(segmentation_of(mask), view, 0.04, 9), mask, 9)


@pytest.mark.parametrize("corner", [(0, 0), (600, 0), (0, 450), (600, 450)])
def test_hands_at_the_images_border_are_grown_within_it(corner: tuple[int, int]) -> None:
    mask = rectangle(Box(*corner, 40, 30))
    check_reach(keep_out(segmentation_of(mask), None, 0.04, 35), mask, 35)


def test_a_distance_of_nothing_leaves_the_mask() -> None:
    mask = painted(SIZE, (320, 260), 50)
    segmentation = segmentation_of(mask)
    np.testing.assert_array_equal(keep_out(segmentation, None, 0.0, 0.0), segmentation.mask())


def test_a_distance_beyond_the_image_marks_all_of_it() -> None:
    segmentation = segmentation_of(rectangle(HAND))
    assert (keep_out(segmentation, None, 0.0, 5000) == 255).all()


def test_without_hands_nothing_is_marked() -> None:
    assert not keep_out(Segmentation(*SIZE, (), Timings(0, 0, 0)), None, 0.04, 9).any()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_depth_without_hands_has_none_where_the_mask_is(dtype: type) -> None:
    picture: np.ndarray = np.arange(1, 1 + SIZE[0] * SIZE[1]).reshape(SIZE).astype(dtype)
    picture.setflags(write=False)
    mask = np.where(rectangle(HAND), 255, 0).astype(np.uint8)
    without = without_hands(picture, mask)
    assert without.dtype == dtype
    nothing = 0 if dtype == np.uint16 else np.nan
    np.testing.assert_array_equal(without, np.where(mask > 0, np.array(nothing, dtype), picture))
    assert not np.shares_memory(without, picture)


def test_depth_without_hands_is_not_measured_again() -> None:
    mask = rectangle(HAND)
    segmentation = segmentation_of(mask)
    view = view_of(np.where(mask, 0.5, 1.0), CAMERA)
    without = without_hands(view.depth.picture, keep_out(segmentation, view, 0.04, 9))
    np.testing.assert_array_equal(without[220:250, 300:340], 0)
    assert millimetres(np.where(mask, 0.5, 1.0)).picture[0, 0] == without[0, 0] == 1000
