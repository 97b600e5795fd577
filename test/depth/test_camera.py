"""Guards calibrated cameras: directions of pixels for every lens model, refused calibrations."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from handseg_ros.depth.camera import Camera
from handseg_ros.segmentation.errors import CalibrationError
from handseg_ros.segmentation.hands import Box

K = (525.0, 0.0, 319.5, 0.0, 530.0, 239.5, 0.0, 0.0, 1.0)
PLUMB_BOB = (0.12, -0.25, 0.002, -0.001, 0.08)
# What a wide lens of a depth camera has.
RATIONAL = (0.52, -2.7, 0.0004, -0.0002, 1.55, 0.4, -2.52, 1.48)
DISTORTION_MODELS = {
    "plumb_bob": PLUMB_BOB,
    "rational_polynomial": RATIONAL,
    "equidistant": (0.03, -0.01, 0.004, -0.001),
    "none": (),
}
WHOLE = Box(0, 0, 640, 480)


def camera(model: str = "none", d: tuple[float, ...] = (), focal: float = 525.0) -> Camera:
    return Camera.of(640, 480, (focal, *K[1:4], focal, *K[5:]), d, model)


def projected(points: np.ndarray, model: str, d: tuple[float, ...], k: np.ndarray) -> np.ndarray:
    """What OpenCV says of points (N, 3)."""
    nothing = np.zeros(3)
    if model == "equidistant":
        return cv2.fisheye.projectPoints(points[:, None], nothing, nothing, k, np.array(d))[0][:, 0]
    return cv2.projectPoints(points, nothing, nothing, k, np.array(d))[0][:, 0]


@pytest.mark.parametrize("model", list(DISTORTION_MODELS))
def test_the_point_that_a_pixel_looks_at_is_seen_in_that_pixel(model: str) -> None:
    seen = Camera.of(640, 480, K, DISTORTION_MODELS[model], model)
    rays = seen.rays(WHOLE)[::13, ::17].reshape(-1, 2).astype(np.float64)
    pixels = np.stack(np.meshgrid(np.arange(0, 640, 17), np.arange(0, 480, 13)), -1).reshape(-1, 2)
    for depth in (0.3, 2.0):
        points = np.column_stack((rays, np.ones(len(rays)))) * depth
        np.testing.assert_allclose(
            projected(points, model, DISTORTION_MODELS[model], seen.matrix), pixels, atol=0.02
        )


@pytest.mark.parametrize("model", list(DISTORTION_MODELS))
def test_points_are_projected_as_opencv_does(model: str) -> None:
    points = np.random.default_rng(1).uniform((-0.4, -0.3, 0.7), (0.4, 0.3, 2.0), (5, 7, 3))
    pixels = Camera.of(640, 480, K, DISTORTION_MODELS[model], model).project(points)
    assert pixels.shape == (5, 7, 2)
    expected = projected(
        points.reshape(-1, 3), model, DISTORTION_MODELS[model], np.reshape(K, (3, 3))
    )
    np.testing.assert_allclose(pixels.reshape(-1, 2), expected)


def test_without_distortion_a_direction_is_pixels_by_focal_length() -> None:
    rays = Camera.of(640, 480, K, (), "").rays(Box(424, 133, 1, 1))
    np.testing.assert_allclose(rays, [[[104.5 / 525, -106.5 / 530]]], rtol=1e-6)


def test_a_fisheye_without_coefficients_still_counts_angles() -> None:
    fisheye = camera("equidistant", (0.0, 0.0, 0.0, 0.0), focal=300)
    ray = fisheye.rays(WHOLE)[239, 319 + 150]
    angle = math.atan(math.hypot(*ray.tolist()))
    assert angle == pytest.approx(math.hypot(149.5, 0.5) / 300, rel=1e-5)


def test_no_direction_beyond_ninety_degrees() -> None:
    rays = camera("equidistant", (0.0, 0.0, 0.0, 0.0), focal=180).rays(WHOLE)
    # 180 pixels a radian: 90 degrees are 282.7 pixels from the middle.
    assert np.isnan(rays[240, [0, 30, 620]]).all()
    assert np.isfinite(rays[240, 60:580]).all()


def test_no_direction_where_a_polynomial_has_bent_back() -> None:
    # 300 r (1 - 0.4 r^2) is at most 182.6 pixels, at r = 0.913.
    rays = camera("plumb_bob", (-0.4, 0.0, 0.0, 0.0, 0.0), focal=300).rays(WHOLE)
    assert np.isnan(rays[240, [0, 100, 539, 639]]).all()
    assert np.isfinite(rays[240, 160:480]).all()


def test_no_pixel_for_what_is_not_in_front_of_the_camera() -> None:
    pixels = camera().project(np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.1, 0.1, -1.0]]))
    np.testing.assert_allclose(pixels, [[319.5, 239.5], [np.nan] * 2, [np.nan] * 2])


def test_directions_are_worked_out_once_and_cannot_be_changed() -> None:
    seen = camera("plumb_bob", PLUMB_BOB)
    assert np.shares_memory(seen.rays(WHOLE), seen.rays(Box(3, 4, 5, 6)))
    np.testing.assert_array_equal(seen.rays(Box(3, 4, 5, 6)), seen.rays(WHOLE)[4:10, 3:8])
    with pytest.raises(ValueError, match="read-only"):
        seen.rays(WHOLE)[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        seen.matrix[0, 0] = 1


def test_a_binned_region_sees_each_point_in_the_middle_of_its_pixels() -> None:
    whole = camera("plumb_bob", PLUMB_BOB)
    part = whole.read_out(Box(100, 60, 320, 240), (2, 4))
    assert part.size == (60, 160)
    pixels = whole.rays(Box(100, 60, 320, 240)).astype(np.float64)
    means = pixels.reshape(60, 4, 160, 2, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(part.rays(Box(0, 0, 160, 60)), means, atol=1e-5)


def test_cameras_are_equal_when_their_calibration_is() -> None:
    first = camera("plumb_bob", PLUMB_BOB)
    same = camera("plumb_bob", PLUMB_BOB)
    assert first == same
    assert hash(first) == hash(same)
    others = (camera("plumb_bob", PLUMB_BOB, focal=526), camera("plumb_bob", (0.1, *PLUMB_BOB[1:])))
    assert first not in (*others, camera(), None)


@pytest.mark.parametrize("model", ["", "plumb_bob", "rational_polynomial", "Inverse Brown Conrady"])
@pytest.mark.parametrize("d", [(), (0.0,) * 5])
def test_without_coefficients_there_is_no_distortion(model: str, d: tuple[float, ...]) -> None:
    assert camera(model, d) == camera("none")


def test_the_longer_focal_length_counts() -> None:
    assert Camera.of(640, 480, K, (), "").focal == 530.0


@pytest.mark.parametrize(
    ("k", "d", "model", "sentence"),
    [
        ((0.0,) * 9, (), "", "focal length of 0, so the camera is not calibrated: calibrate it"),
        ((-525.0, *K[1:]), (), "", r"focal lengths of -525 and 530 .* calibrate it again"),
        ((525.0, 0.0, math.nan, *K[3:]), (), "", r"around \(nan, 239.5\), which no camera has"),
        (K, (0.1, math.inf, 0.0, 0.0), "plumb_bob", "coefficients that are no numbers"),
        (K, (0.1,) * 4, "thin_prism", "model 'thin_prism', .* use one of plumb_bob, rational"),
        (K, (0.1,) * 6, "plumb_bob", "6 distortion coefficients, but plumb_bob takes 4 or 5: cor"),
        (K, (0.1,) * 5, "rational_polynomial", "rational_polynomial takes 8 or 12 or 14"),
        (K, (), "equidistant", "has 0 distortion coefficients, but equidistant takes 4"),
        (K, (0.1,), "none", "has 1 distortion coefficients, but none takes none"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(
    k: tuple[float, ...], d: tuple[float, ...], model: str, sentence: str
) -> None:
    with pytest.raises(CalibrationError, match=sentence):
        Camera.of(640, 480, k, d, model)


def test_an_image_of_another_size_is_refused() -> None:
    seen = camera()
    seen.check((480, 640))
    with pytest.raises(CalibrationError, match="is for 640x480 but the image is 1280x720: publish"):
        seen.check((720, 1280))
