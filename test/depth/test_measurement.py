"""Guards positions, extents and shares: worked-out scenes, a sensor's noise, and jumps of depth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest
from support.depth_scene import (
    SIZE,
    hand_of,
    millimetres,
    pinhole,
    plane,
    rectangle,
    segmentation_of,
    sphere,
    structured_light,
    view_of,
    wall,
)
from support.painted_hand import paint_hand

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.measurement import measure, measure_hands
from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.depth.surface import REACH
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Box

CAMERA = pinhole()
DISTANCES = (0.3, 0.5, 1.0, 1.5)
PALM = 0.04  # metres, its radius


def measured(depth: DepthImage, mask: np.ndarray, camera: Camera = CAMERA) -> Measurement:
    """Measure the hand of a mask of the whole image, bool."""
    hand = hand_of(mask)
    return measure(View(depth, camera), hand.box, hand.mask)


def location_of(measurement: Measurement) -> Location:
    assert measurement.location is not None
    return measurement.location


def middle_of(mask: np.ndarray, distance: float) -> np.ndarray:
    """Return the middle of a flat thing that faces the camera, [3] in metres, by its mask."""
    rows, columns = np.nonzero(mask)
    pixel = np.array((np.median(columns), np.median(rows)))
    return np.array((*(pixel - (319.5, 239.5)) * distance / CAMERA.focal, distance))


def painted(distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mask of a hand that faces the camera, bool, and its middle in metres."""
    mask = np.zeros(SIZE, np.uint8)
    paint_hand(mask, np.array((300, 280)), PALM * CAMERA.focal / distance, np.pi, 255)
    return mask > 0, middle_of(mask, distance)


def finger(distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mask of a single finger, 16 mm by 80 mm, bool, and its middle in metres."""
    mask = np.zeros(SIZE, np.uint8)
    scale = CAMERA.focal / distance
    x, y = 0.008 * scale, 0.04 * scale
    first, last = (round(319.5 - x), round(239.5 - y)), (round(319.5 + x), round(239.5 + y))
    cv2.rectangle(mask, first, last, 255, -1)
    return mask > 0, np.array((0.0, 0.0, distance))


def extent_of(depth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the 2nd to 98th percentile of a mask's points, along x, y and z, in metres."""
    rays = CAMERA.rays(Box(0, 0, 640, 480))[mask]
    points = np.column_stack((rays, np.ones(len(rays)))) * depth[mask][:, None]
    return np.diff(np.percentile(points, (2, 98), axis=0), axis=0)[0]


def bled(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return a mask that reaches so many pixels over its outline."""
    square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square) > 0


def test_a_board_is_where_its_middle_is() -> None:
    camera = Camera.of(640, 480, (500, 0, 320, 0, 400, 240, 0, 0, 1), (), "")
    board = Box(401, 201, 41, 21)
    measurement = measured(millimetres(np.full(SIZE, 0.5)), rectangle(board), camera)
    assert measurement.depth_share == 1.0
    location = location_of(measurement)
    # The middle pixel is (421, 211); 40 pixels lie between the outermost columns, 20 between rows.
    assert location.position == pytest.approx((101 * 0.5 / 500, -29 * 0.5 / 400, 0.5), abs=1e-6)
    assert location.extent == pytest.approx((40 * 0.5 / 500, 20 * 0.5 / 400, 0.0), abs=1e-6)


def test_both_encodings_give_the_same_place() -> None:
    mask, _ = painted(0.5)
    raw = structured_light(np.where(mask, wall(CAMERA, 0.5), 1.7), np.random.default_rng(2))
    metres = np.where(raw > 0, raw / np.float32(1000), np.nan).astype(np.float32)
    first, second = measured(DepthImage(raw), mask), measured(DepthImage(metres), mask)
    assert location_of(first).position == pytest.approx(location_of(second).position, abs=1e-6)
    assert location_of(first).extent == pytest.approx(location_of(second).extent, abs=1e-6)
    assert first.depth_share == pytest.approx(second.depth_share, abs=1e-3)


def test_the_share_counts_pixels_that_are_known_and_the_regions_own() -> None:
    depth = np.full(SIZE, 0.6)
    board = Box(300, 200, 40, 20)
    depth[:, :310] = 0  # a quarter of it is not known
    depth[:202, 310:] = 2.0  # of the rest a tenth is a wall
    assert measured(millimetres(depth), rectangle(board)).depth_share == 0.75 * 0.9


@pytest.mark.parametrize("unknown", [np.zeros(SIZE, np.uint16), np.full(SIZE, np.nan, np.float32)])
def test_without_any_depth_nothing_is_known(unknown: np.ndarray) -> None:
    assert measured(DepthImage(unknown), painted(0.5)[0]) == Measurement(None, 0.0)


def test_a_few_pixels_of_depth_are_no_place() -> None:
    depth = np.zeros(SIZE)
    mask = rectangle(Box(300, 200, 60, 60))
    depth[225:229, 325:329] = 0.5
    assert measured(millimetres(depth), mask).location is None
    depth[220:240, 320:340] = 0.5
    assert location_of(measured(millimetres(depth), mask)).position[2] == pytest.approx(0.5)


def test_a_region_of_a_few_pixels_has_no_place() -> None:
    depth = millimetres(np.full(SIZE, 0.5))
    assert measured(depth, rectangle(Box(300, 200, 3, 3))).location is None
    assert measured(depth, rectangle(Box(300, 200, 10, 10))).location is not None


def test_an_empty_mask_has_no_place() -> None:
    view = view_of(np.full(SIZE, 0.5), CAMERA)
    nothing = np.zeros((4, 5), np.uint8)
    assert measure(view, Box(3, 3, 5, 4), nothing) == Measurement(None, 0.0)
    assert measure(view, Box(3, 3, 0, 0), nothing[:0, :0]) == Measurement(None, 0.0)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_noisy_hand_is_where_its_middle_is(distance: float) -> None:
    mask, middle = painted(distance)
    depth = np.where(mask, distance, distance + 1.0)
    measurement = measured(DepthImage(structured_light(depth, np.random.default_rng(3))), mask)
    location = location_of(measurement)
    np.testing.assert_allclose(location.position, middle, atol=0.004)
    np.testing.assert_allclose(location.extent[:2], extent_of(depth, mask)[:2], atol=0.01)
    assert location.extent[2] < 0.05
    assert measurement.depth_share > 0.75


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_noisy_board_at_a_slant_is_where_its_middle_is(distance: float) -> None:
    scale = CAMERA.focal / distance
    width, height = round(0.08 * scale), round(0.1 * scale)
    mask = rectangle(Box(320 - width // 2, 240 - height // 2, width, height))
    slanted = plane(CAMERA, (0, 0, distance), (0.6, 0.0, -0.8))
    raw = structured_light(np.where(mask, slanted, distance + 1.0), np.random.default_rng(4))
    location = location_of(measured(DepthImage(raw), mask))
    np.testing.assert_allclose(location.position, (0, 0, distance), atol=0.003)
    np.testing.assert_allclose(location.extent, extent_of(slanted, mask), atol=0.01)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_noisy_ball_is_where_its_near_side_is(distance: float) -> None:
    radius, centre = 0.045, np.array((0.08, -0.05, distance + 0.045))
    ball = sphere(CAMERA, tuple(centre), radius)
    raw = structured_light(np.minimum(ball, distance + 1.0), np.random.default_rng(5))
    location = location_of(measured(DepthImage(raw), np.isfinite(ball)))
    # Half of the disc that is seen lies within 1 / sqrt(2) of its radius. All of it as seen from
    # the camera, so along the line of sight.
    sight = -centre / np.linalg.norm(centre)
    expected = centre + sight * radius * np.sqrt(1 - 0.5)
    np.testing.assert_allclose(location.position, expected, atol=0.004)
    expected_extent = extent_of(ball, np.isfinite(ball))
    np.testing.assert_allclose(location.extent[:2], expected_extent[:2], atol=0.008)
    # Noise, and what the sensor smears between the ball's edge and the wall.
    assert 0.9 * expected_extent[2] < location.extent[2] < expected_extent[2] + 0.03


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("bleeding", [0, 3, 8])
@pytest.mark.parametrize("shape", [painted, finger])
def test_a_mask_that_reaches_over_the_edge_does_not_move_a_hand_to_the_wall(
    shape: type, bleeding: int, distance: float
) -> None:
    mask, middle = shape(distance)
    raw = structured_light(np.where(mask, distance, distance + 2.0), np.random.default_rng(6))
    measurement = measured(DepthImage(raw), bled(mask, bleeding))
    location = location_of(measurement)
    assert location.position[2] == pytest.approx(distance, abs=0.005)
    # Where the mask fills the gaps between fingers, what is inside reaches into them.
    np.testing.assert_allclose(location.position[:2], middle[:2], atol=0.02)
    assert location.extent[2] < 0.15
    # What is the hand's own: its pixels, without holes and what the sensor smears at the edge.
    own = np.count_nonzero(mask) / np.count_nonzero(bled(mask, bleeding))
    assert 0.55 * own < measurement.depth_share < 1.1 * own


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("gap", [0.03, 0.08, 0.14, 0.25])
def test_something_before_a_third_of_a_hand_does_not_move_it_there(
    gap: float, distance: float
) -> None:
    mask, _ = painted(distance)
    depth = np.where(mask, distance, distance + 1.0)
    columns = np.flatnonzero(mask.any(axis=0))
    # From the palm's right edge on: three fingers of five, and no part of the palm's middle.
    hidden = np.s_[:, round(columns.mean() + 0.6 * PALM * CAMERA.focal / distance) :]
    depth[hidden] = distance - gap
    # What is as near to the hand as a part of it may be is taken for one.
    mask_left = mask.copy()
    mask_left[hidden] &= gap < REACH
    location = location_of(
        measured(DepthImage(structured_light(depth, np.random.default_rng(7))), mask)
    )
    np.testing.assert_allclose(location.position, middle_of(mask_left, distance), atol=0.008)


@pytest.mark.parametrize(("columns", "expected"), [(25, 1.5), (29, 0.6)])
def test_of_two_layers_the_nearer_is_taken_unless_it_is_much_smaller(
    columns: int, expected: float
) -> None:
    depth = np.full(SIZE, 1.5)
    depth[:, : 300 + columns] = 0.6
    location = location_of(measured(millimetres(depth), rectangle(Box(300, 200, 60, 60))))
    assert location.position[2] == pytest.approx(expected)


@pytest.mark.parametrize(("share", "known"), [(0.15, False), (0.4, True)])
def test_a_place_needs_a_share_of_the_pixels_inside(share: float, known: bool) -> None:
    depth = np.where(np.random.default_rng(10).random(SIZE) < share, 0.6, 0.0)
    measurement = measured(millimetres(depth), rectangle(Box(300, 200, 100, 100)))
    assert (measurement.location is not None) is known
    assert measurement.depth_share == pytest.approx(share if known else 0.0, abs=0.02)


def test_a_wall_seen_through_holes_in_a_finger_is_no_place() -> None:
    mask, _ = finger(0.5)
    depth = np.where(mask, 0.0, 2.5)  # the finger itself is not known at all
    depth[:, 318:320] = 2.5
    assert measured(millimetres(depth), bled(mask, 4)) == Measurement(None, 0.0)


def test_half_of_the_pixels_unknown_move_nothing() -> None:
    mask, middle = painted(0.7)
    raw = structured_light(np.where(mask, 0.7, 1.5), np.random.default_rng(8))
    raw[np.random.default_rng(9).random(SIZE) < 0.5] = 0
    measurement = measured(DepthImage(raw), mask)
    np.testing.assert_allclose(location_of(measurement).position, middle, atol=0.004)
    assert measurement.depth_share == pytest.approx(0.5 * 0.95, abs=0.06)


@pytest.mark.parametrize(
    "box", [Box(0, 200, 60, 60), Box(580, 200, 60, 60), Box(300, 0, 60, 60), Box(300, 420, 60, 60)]
)
def test_a_hand_at_the_images_border_is_measured(box: Box) -> None:
    location = location_of(measured(millimetres(np.full(SIZE, 0.8)), rectangle(box)))
    middle = np.array((box.x + 29.5 - 319.5, box.y + 29.5 - 239.5)) * 0.8 / 525
    np.testing.assert_allclose(location.position, (*middle, 0.8), atol=0.8 / 525)


def test_distortion_is_taken_into_account() -> None:
    bent = Camera.of(
        640, 480, (400, 0, 319.5, 0, 400, 239.5, 0, 0, 1), (-0.28, 0.07, 0, 0, 0), "plumb_bob"
    )
    (pixel,) = bent.project(np.array([[0.35, 0.25, 0.6]]))
    x, y = np.rint(pixel).astype(int) - 10
    location = location_of(
        measured(millimetres(np.full(SIZE, 0.6)), rectangle(Box(x, y, 21, 21)), bent)
    )
    np.testing.assert_allclose(location.position, (0.35, 0.25, 0.6), atol=0.002)


def test_what_the_lens_cannot_see_has_no_place() -> None:
    fisheye = Camera.of(
        640, 480, (180, 0, 319.5, 0, 180, 239.5, 0, 0, 1), (0, 0, 0, 0), "equidistant"
    )
    depth = millimetres(np.full(SIZE, 0.5))
    assert measured(depth, rectangle(Box(0, 0, 20, 20)), fisheye).location is None


def test_a_large_image_is_measured_as_exactly_as_a_small_one() -> None:
    camera = pinhole((1080, 1920), focal=1400.0)
    mask = rectangle(Box(700, 300, 400, 500), (1080, 1920))
    measurement = measured(millimetres(np.full((1080, 1920), 0.5)), mask, camera)
    assert measurement.depth_share == 1.0
    middle = ((899.5 - 959.5) * 0.5 / 1400, (549.5 - 539.5) * 0.5 / 1400, 0.5)
    assert location_of(measurement).position == pytest.approx(middle, abs=0.002)
    assert location_of(measurement).extent == pytest.approx(
        (0.143 * 0.96, 0.178 * 0.96, 0), abs=0.01
    )


def test_hands_are_measured_by_their_ids() -> None:
    near, far = rectangle(Box(100, 100, 60, 60)), rectangle(Box(400, 200, 40, 40))
    depth = np.where(near, 0.4, 0.9)
    hands = measure_hands(view_of(depth, CAMERA), segmentation_of(near, far))
    assert {id_: location_of(hands[id_]).position[2] for id_ in hands} == pytest.approx(
        {1: 0.4, 2: 0.9}
    )
