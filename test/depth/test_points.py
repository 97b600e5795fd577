"""Guards points of regions: where they are, their bytes, and one point for each cube of a grid."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from support.depth_scene import (
    SIZE,
    hand_of,
    pinhole,
    rectangle,
    sphere,
    structured_light,
    view_of,
    wall,
)

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.points import POINT, Region, points
from handseg_ros.depth.view import View
from handseg_ros.depth.voxel_downsample import MIN_VOXEL_SIZE, voxel_downsample
from handseg_ros.segmentation.hands import Box

CAMERA = pinhole()
BOARD = Box(300, 200, 40, 20)
FRAME = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)


def region(mask: np.ndarray, instance: int = 1) -> Region:
    hand = hand_of(mask)
    return instance, hand.box, hand.mask


def places(cloud: np.ndarray) -> np.ndarray:
    return np.column_stack([cloud[axis] for axis in "xyz"])


def ball() -> tuple[np.ndarray, View]:
    """Return a ball's mask, bool, and what a noisy sensor sees of it before a wall."""
    depth = sphere(CAMERA, (0.05, 0.02, 0.6), 0.06)
    raw = structured_light(np.minimum(depth, 1.4), np.random.default_rng(2))
    return np.isfinite(depth), View(DepthImage(raw), CAMERA)


def test_every_known_pixel_is_a_point_where_it_is() -> None:
    depth = wall(CAMERA, 0.5)
    depth[200, 300:310] = 0.0  # ten pixels are not known
    cloud = points(view_of(depth, CAMERA), [region(rectangle(BOARD), 7)], FRAME, 0.0)
    rows, columns = np.nonzero(rectangle(BOARD) & (depth > 0))
    assert cloud.shape == (790,)
    np.testing.assert_allclose(cloud["x"], (columns - 319.5) / 525 * 0.5, atol=1e-6)
    np.testing.assert_allclose(cloud["y"], (rows - 239.5) / 525 * 0.5, atol=1e-6)
    np.testing.assert_allclose(cloud["z"], 0.5)
    assert (cloud["instance"] == 7).all()
    blue, green, red = FRAME[rows, columns].T.astype(np.uint32)
    np.testing.assert_array_equal(cloud["rgb"].view(np.uint32), red << 16 | green << 8 | blue)


def test_a_points_bytes_are_as_documented() -> None:
    frame = np.full((*SIZE, 3), (0x33, 0x22, 0x11), np.uint8)
    cloud = points(view_of(wall(CAMERA, 0.5), CAMERA), [region(rectangle(BOARD), 200)], frame, 0.0)
    assert cloud.dtype == POINT
    assert POINT.itemsize == 20
    x, y, z, rgb, instance = struct.unpack("<fffIBxxx", cloud[:1].tobytes())
    assert (x, y, z) == pytest.approx((-19.5 / 525 * 0.5, -39.5 / 525 * 0.5, 0.5))
    assert (rgb, instance) == (0x112233, 200)
    assert (cloud.view(np.uint8).reshape(-1, 20)[:, 17:] == 0).all()


def test_points_fit_a_lens() -> None:
    distortion_model = (-0.28, 0.07, 0.001, -0.002, 0.0)
    bent = Camera.of(
        640, 480, (400, 0, 319.5, 0, 400, 239.5, 0, 0, 1), distortion_model, "plumb_bob"
    )
    cloud = points(view_of(wall(bent, 0.7), bent), [region(rectangle(BOARD))], FRAME, 0.0)
    rows, columns = np.nonzero(rectangle(BOARD))
    np.testing.assert_allclose(
        bent.project(places(cloud)), np.column_stack((columns, rows)), atol=0.02
    )


def test_what_is_behind_a_hand_is_not_among_its_points() -> None:
    mask, view = ball()
    cloud = points(view, [region(mask)], FRAME, 0.0)
    assert cloud["z"].max() < 0.75
    assert 0.85 * mask.sum() < len(cloud) < mask.sum()


def test_regions_follow_each_other() -> None:
    boxes = [Box(10 + 60 * number, 100, 30, 20) for number in range(5)]
    regions = [region(rectangle(box), 10 * number) for number, box in enumerate(boxes)]
    cloud = points(view_of(wall(CAMERA, 1.0), CAMERA), regions, FRAME, 0.0)
    np.testing.assert_array_equal(cloud["instance"], np.repeat([0, 10, 20, 30, 40], 600))


def test_without_depth_or_regions_there_are_no_points() -> None:
    view = View(DepthImage(np.zeros(SIZE, np.uint16)), CAMERA)
    for regions in ([], [region(rectangle(BOARD))]):
        for voxel_size in (0.0, 0.01):
            cloud = points(view, regions, FRAME, voxel_size)
            assert cloud.shape == (0,)
            assert cloud.dtype == POINT


def test_what_the_lens_cannot_see_has_no_points() -> None:
    fisheye = Camera.of(
        640, 480, (180, 0, 319.5, 0, 180, 239.5, 0, 0, 1), (0, 0, 0, 0), "equidistant"
    )
    depth = View(DepthImage(np.full(SIZE, 500, np.uint16)), fisheye)
    cloud = points(depth, [region(rectangle(Box(0, 230, 80, 20)))], FRAME, 0.0)
    # The left 36 columns are beyond 90 degrees, and up to 16 beside them are not told apart.
    assert 28 * 20 <= len(cloud) <= 44 * 20
    assert np.isfinite(places(cloud)).all()


@pytest.mark.parametrize("size", [0.002, 0.005, 0.03, 1.0])
def test_a_cube_has_the_mean_of_its_points(size: float) -> None:
    mask, view = ball()
    cloud = points(view, [region(mask)], FRAME, 0.0)
    downsampled = points(view, [region(mask)], FRAME, size)
    cubes = [tuple(cube) for cube in np.floor(places(cloud) / np.float32(size)).astype(int)]
    members: dict[tuple[int, ...], list[int]] = {}
    for index, cube in enumerate(cubes):
        members.setdefault(cube, []).append(index)
    order = sorted(members, key=lambda cube: cube[::-1])
    means = [places(cloud)[members[cube]].mean(axis=0, dtype=float) for cube in order]
    np.testing.assert_allclose(places(downsampled), means, rtol=1e-6)
    firsts = [members[cube][0] for cube in order]
    np.testing.assert_array_equal(
        downsampled["rgb"].view(np.uint32), cloud["rgb"][firsts].view(np.uint32)
    )
    assert (downsampled["instance"] == 1).all()


def test_two_hands_in_one_cube_stay_two() -> None:
    boxes = (Box(300, 200, 20, 20), Box(320, 200, 20, 20))
    regions = [region(rectangle(box), number) for number, box in enumerate(boxes, start=1)]
    cloud = points(view_of(wall(CAMERA, 0.5), CAMERA), regions, FRAME, 10.0)
    assert set(cloud["instance"]) == {1, 2}


def test_points_far_apart_are_sorted_by_all_bits_of_their_cubes() -> None:
    cloud = np.zeros(4000, POINT)
    generator = np.random.default_rng(4)
    for axis, span in (("x", 3.0), ("y", 2.0), ("z", 5.0)):
        cloud[axis] = generator.uniform(-span, span, len(cloud))
    downsampled = voxel_downsample(cloud, MIN_VOXEL_SIZE)
    cubes = [
        tuple(cube) for cube in np.floor(places(downsampled)[:, ::-1] / np.float32(MIN_VOXEL_SIZE))
    ]
    assert len(downsampled) > 3990
    assert all(first < second for first, second in pairwise(cubes))


def test_smaller_cubes_than_the_least_are_the_least() -> None:
    mask, view = ball()
    np.testing.assert_array_equal(
        points(view, [region(mask)], FRAME, 1e-9),
        points(view, [region(mask)], FRAME, MIN_VOXEL_SIZE),
    )
