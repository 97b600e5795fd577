"""Guards depth images: both encodings in metres, what is no depth, and what is not aligned."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from support.depth_scene import pinhole

from handseg_ros.depth.depth_image import DepthImage, grid
from handseg_ros.depth.view import View
from handseg_ros.segmentation.errors import DepthError
from handseg_ros.segmentation.hands import Box

MILLIMETRES = np.array([[0, 1, 1234], [500, 65535, 0]], np.uint16)
METRES = np.array([[np.nan, np.inf, -np.inf, 0.0], [-1.0, 0.5, 1.25, 1e-3]], np.float32)
PICTURES: dict[str, np.ndarray] = {
    "16UC1": np.arange(48 * 64, dtype=np.uint16).reshape(48, 64),
    "32FC1": np.linspace(-0.5, 3.0, 48 * 64, dtype=np.float32).reshape(48, 64),
}


def test_millimetres_become_metres_and_0_is_not_known() -> None:
    metres = DepthImage(MILLIMETRES).metres(Box(0, 0, 3, 2))
    assert metres.dtype == np.float32
    np.testing.assert_allclose(
        metres, [[np.nan, 0.001, 1.234], [0.5, 65.535, np.nan]], rtol=1e-6, equal_nan=True
    )


def test_metres_stay_and_what_is_no_distance_is_not_known() -> None:
    metres = DepthImage(METRES).metres(Box(0, 0, 4, 2))
    assert metres.dtype == np.float32
    np.testing.assert_array_equal(metres, [[np.nan] * 4, [np.nan, 0.5, 1.25, np.float32(1e-3)]])


@pytest.mark.parametrize("encoding", list(PICTURES))
@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_box_is_read_on_a_grid(encoding: str, step: int) -> None:
    depth, box = DepthImage(PICTURES[encoding]), Box(7, 3, 40, 30)
    whole = depth.metres(Box(0, 0, 64, 48))
    np.testing.assert_array_equal(depth.metres(box, step), whole[box.slices][grid(step)])


def test_a_grid_is_as_far_from_all_edges() -> None:
    rows, _ = grid(3)
    assert list(range(9))[rows] == [1, 4, 7]


@pytest.mark.parametrize("encoding", list(PICTURES))
def test_between_marks_the_same_pixels_as_metres(encoding: str) -> None:
    depth, box = DepthImage(PICTURES[encoding]), Box(5, 4, 50, 40)
    metres = depth.metres(box)
    marked = depth.between(box, 0.5, 1.2345)
    assert set(np.unique(marked)) == {0, 255}
    np.testing.assert_array_equal(marked > 0, (metres >= 0.5) & (metres <= 1.2345))


@pytest.mark.parametrize(("near", "far"), [(60.0, 70.0), (65.53, 65.8), (66.0, 70.0)])
def test_between_knows_no_end_of_16_bits(near: float, far: float) -> None:
    values = np.array([[59999, 60000, 65530, 65535]], np.uint16)
    marked = DepthImage(values).between(Box(0, 0, 4, 1), near, far)
    np.testing.assert_array_equal(marked > 0, values >= 1000 * near)


def test_between_never_marks_what_is_not_known() -> None:
    assert not DepthImage(METRES[:1]).between(Box(0, 0, 4, 1), 1e-6, 100).any()
    assert not DepthImage(np.zeros((2, 2), np.uint16)).between(Box(0, 0, 2, 2), 1e-6, 100).any()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_message_with_padded_rows_is_read_where_it_lies(dtype: type) -> None:
    padded: np.ndarray = np.ones((6, 10), dtype)
    padded.setflags(write=False)
    depth = DepthImage(padded[:, :8])
    assert np.shares_memory(depth.picture, padded)
    assert depth.metres(Box(1, 1, 7, 5)).shape == (5, 7)
    assert depth.between(Box(1, 1, 7, 5), 1e-4, 2).all()


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4), np.uint8), np.zeros((4, 4), float), np.zeros((4, 4, 1), np.uint16)]
)
def test_other_pictures_are_refused(picture: np.ndarray) -> None:
    with pytest.raises(DepthError, match=r"the depth image is .* publish 16UC1 \(millimetres\) or"):
        DepthImage(picture)


def test_depth_of_another_size_is_refused() -> None:
    depth = DepthImage(np.zeros((240, 320), np.uint16))
    with pytest.raises(DepthError, match="depth 320x240 is not aligned to 640x480: have the driv"):
        View(depth, pinhole())
