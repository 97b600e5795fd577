"""Guards outlines along the edges of pixels: filled again they are the mask, whatever its shape."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.pixel_outlines import joined, pixel_outlines
from handseg_ros.datasets.polygons import polygons_mask


def masks() -> dict[str, np.ndarray]:
    """Return masks that outlines are difficult for, bool (12, 15)."""
    shape = (12, 15)
    ring = np.zeros(shape, bool)
    ring[2:10, 3:12] = True
    ring[4:8, 5:10] = False
    island = ring.copy()
    island[5:7, 6:8] = True
    one = np.zeros(shape, bool)
    one[11, 14] = True
    board = np.indices(shape).sum(axis=0) % 2 == 0
    return {
        "all": np.ones(shape, bool),
        "one pixel in the corner": one,
        "a hole": ring,
        "an island in a hole": island,
        "pixels that touch by corners": board,
        "noise": np.random.default_rng(0).random(shape) < 0.5,
        "two parts": np.roll(one, (-4, -7), (0, 1)) | one,
    }


@pytest.mark.parametrize("name", masks())
def test_one_ring_fills_the_mask_again(name: str) -> None:
    mask = masks()[name]
    ring = joined(pixel_outlines(mask))
    filled = polygons_mask([ring.ravel().tolist()], mask.shape)
    np.testing.assert_array_equal(filled, mask)


def test_rings_are_few_corners_at_pixels_edges() -> None:
    mask = np.zeros((8, 9), bool)
    mask[2:5, 3:7] = True
    (ring,) = pixel_outlines(mask)
    assert {tuple(corner) for corner in ring.tolist()} == {(3, 2), (7, 2), (7, 5), (3, 5)}


def test_opencv_fills_the_same_inside() -> None:
    """It draws the outline too, so only pixels away from it tell."""
    mask = cv2.resize(masks()["a hole"].astype(np.uint8), (150, 120), interpolation=0) > 0
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(filled, [joined(pixel_outlines(mask)).astype(np.int32)], 1)
    inside = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outside = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert filled[inside].all()
    # the bridge between ring and hole lies inside the ring
    assert not filled[outside].any()


def test_an_empty_mask_has_no_outline() -> None:
    assert pixel_outlines(np.zeros((4, 5), bool)) == []
