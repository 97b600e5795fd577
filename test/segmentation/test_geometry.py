"""Guards the mapping between frame, network and cells: no half pixel is lost on the way."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.geometry import (
    PADDING,
    RESIZE_TRANSFORMS,
    ResizeTransform,
    crop,
    letterbox,
    letterbox_centre,
    own_size,
    stretch,
)
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.interpolation import bilinear

INPUT_SIZE = (256, 320)
# A map at stride 4.
CELLS = (64, 80)


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920), (37, 51), (2000, 10)])
def test_the_content_keeps_the_aspect_and_fits(frame: tuple[int, int]) -> None:
    transform = letterbox(frame, INPUT_SIZE)
    assert transform.content_height <= 256
    assert transform.content_width <= 320
    assert transform.content_height == 256 or transform.content_width == 320
    scale = min(256 / frame[0], 320 / frame[1])
    assert transform.content_width == pytest.approx(frame[1] * scale, abs=0.51 + 0.5)
    assert transform.content_height == pytest.approx(frame[0] * scale, abs=0.51 + 0.5)


def test_the_input_shows_the_frame_top_left_and_grey_beside_it() -> None:
    resized = letterbox((480, 640), INPUT_SIZE).apply(np.full((480, 640, 3), 200, np.uint8))
    assert resized.shape == (256, 320, 3)
    assert resized.dtype == np.uint8
    assert (resized[:240] == 200).all()
    assert (resized[240:] == PADDING).all()


@pytest.mark.parametrize("frame", [(480, 640), (243, 777), (100, 90)])
def test_upsampling_finds_each_pixel_s_place_among_the_cells(frame: tuple[int, int]) -> None:
    transform = letterbox(frame, INPUT_SIZE)
    rows, columns = (np.arange(n, dtype=np.float32) for n in transform.grid(*CELLS).shape)
    cells = np.tile(columns, (len(rows), 1))
    box = Box(frame[1] // 3, frame[0] // 3, frame[1] // 4, frame[0] // 4)
    found = transform.grid(*CELLS).upsample(cells, (0, 0), box)
    pixels = np.arange(box.x, box.x + box.width)
    expected = (pixels + 0.5) * transform.content_width / frame[1] / 4 - 0.5
    np.testing.assert_allclose(found, np.tile(expected, (box.height, 1)), atol=1e-4)


def test_upsampling_a_part_of_the_map_equals_upsampling_the_whole() -> None:
    transform = letterbox((480, 640), INPUT_SIZE)
    cells = np.random.default_rng(0).normal(size=(60, 80)).astype(np.float32)
    box = Box(200, 120, 80, 64)
    grid = transform.grid(*CELLS)
    whole = grid.upsample(cells, (0, 0), box)
    part = grid.upsample(np.ascontiguousarray(cells[10:30, 20:40]), (10, 20), box)
    np.testing.assert_allclose(part, whole, atol=1e-5)


@pytest.mark.parametrize("name", ["stretch", "letterbox"])
def test_a_window_that_hardly_grows_is_interpolated_all_the_same(name: str) -> None:
    grid = RESIZE_TRANSFORMS[name]((484, 644), (480, 640)).grid(480, 640)
    ramp = np.tile(np.arange(grid.shape[1], dtype=np.float32), (grid.shape[0], 1))
    for left, top in np.random.default_rng(0).integers(0, 400, (300, 2)):
        box = grid.frame_box((left, left + 40), (top, top + 40))
        rows, columns = grid.window(box)
        cells = np.ascontiguousarray(ramp[rows, columns])
        found = grid.upsample(cells, (rows.start, columns.start), box)
        np.testing.assert_allclose(found, bilinear(ramp, *grid.positions(box)), atol=1e-3)


def test_the_box_under_cells_covers_their_pixels() -> None:
    transform = letterbox((480, 640), INPUT_SIZE)
    grid = transform.grid(*CELLS)
    assert grid.frame_box((2, 3), (5, 5)) == Box(16, 40, 16, 8)
    # The last cells end with the frame.
    assert grid.frame_box((79, 79), (59, 59)) == Box(632, 472, 8, 8)


def test_a_frame_of_one_pixel_is_mapped() -> None:
    transform = letterbox((1, 1), INPUT_SIZE)
    assert transform.apply(np.zeros((1, 1, 3), np.uint8)).shape == (256, 320, 3)
    assert transform.grid(*CELLS).frame_box((0, 0), (0, 0)) == Box(0, 0, 1, 1)


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920), (486, 642)])
def test_shrinking_averages_and_does_not_alias(frame: tuple[int, int]) -> None:
    # Lines of one pixel: picking pixels would show some of them, averaging shows grey.
    lines = np.zeros((*frame, 3), np.uint8)
    lines[:, ::2] = 200
    transform = letterbox(frame, (128, 160))
    content = transform.apply(lines)[: transform.content_height, : transform.content_width]
    assert np.abs(content.astype(int) - 100).max() <= 25


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920)])
def test_shrinking_in_two_steps_looks_like_averaging(frame: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*frame, 3), np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 8)
    picture = cv2.convertScaleAbs(picture, alpha=6.0, beta=-640.0)
    transform = letterbox(frame, INPUT_SIZE)
    size = transform.content_width, transform.content_height
    averaged = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(int)
    content = transform.apply(picture)[: size[1], : size[0]]
    assert np.abs(content - averaged).mean() < 1.5


def test_stretching_is_opencv_s_resize() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    for input_size, way in (
        ((96, 128), cv2.INTER_AREA),
        ((256, 320), cv2.INTER_LINEAR),
        ((512, 640), cv2.INTER_LINEAR),
    ):
        expected = cv2.resize(frame, input_size[::-1], interpolation=way)
        np.testing.assert_array_equal(stretch((300, 400), input_size).apply(frame), expected)


@pytest.mark.parametrize(
    ("frame", "input_size"),
    [
        ((480, 640), (336, 448)),
        ((320, 480), (213, 320)),
        ((320, 639), (160, 320)),
        ((720, 1280), (252, 448)),
        ((1920, 1080), (256, 320)),
        ((320, 1920), (320, 160)),
    ],
)
def test_no_part_of_a_frame_is_lost_where_it_shrinks(
    frame: tuple[int, int], input_size: tuple[int, int]
) -> None:
    transform = stretch(frame, input_size)
    for axis, (length, target) in enumerate(zip(frame, input_size, strict=True)):
        step = max(1, length // target)
        period = 2 * step + 1
        means = []
        for first in range(period):
            lines = np.zeros((*frame, 3), np.uint8)
            np.moveaxis(lines, axis, 0)[first::period] = 255
            means.append(float(transform.apply(lines).mean()))
        assert min(means) > 0.6 * max(means), (axis, means)


def test_stretching_on_one_axis_and_shrinking_on_the_other_does_not_alias() -> None:
    lines = np.zeros((100, 1000, 3), np.uint8)
    lines[:, ::2] = 200
    resized = stretch((100, 1000), (200, 320)).apply(lines)
    assert resized.shape == (200, 320, 3)
    assert np.abs(resized.astype(int) - 100).max() <= 30


def test_cropping_takes_the_middle_and_keeps_the_aspect() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    wide = crop((480, 640), (240, 240))
    assert wide.seen == Box(80, 0, 480, 480)
    middle = cv2.resize(frame[:, 80:560], (240, 240), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(wide.apply(frame), middle)
    assert crop((640, 480), (240, 240)).seen == Box(0, 80, 480, 480)


@pytest.mark.parametrize(
    ("frame", "corner", "size"),
    [
        ((480, 640), (0, 8), (320, 240)),
        ((486, 640), (0, 6), (320, 243)),  # of 13 grey rows 6 are above, 7 below
        ((480, 360), (64, 0), (192, 256)),
        ((100, 333), (0, 80), (320, 96)),
        ((256, 320), (0, 0), (320, 256)),
    ],
)
def test_a_centred_letterbox_has_grey_on_either_side(
    frame: tuple[int, int], corner: tuple[int, int], size: tuple[int, int]
) -> None:
    resized = letterbox_centre(frame, INPUT_SIZE).apply(np.full((*frame, 3), 200, np.uint8))
    rows, columns = np.nonzero(resized[..., 0] == 200)
    assert (columns.min(), rows.min()) == corner
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == size
    assert np.count_nonzero(resized == 200) == 3 * size[0] * size[1]
    assert set(np.unique(resized)) <= {200, PADDING}


def test_cells_are_counted_from_the_first_that_sees_the_frame() -> None:
    transform = letterbox_centre((480, 640), INPUT_SIZE)
    grid = transform.grid(*CELLS)
    assert grid.shape == (60, 80)
    maps = np.arange(64 * 80).reshape(1, 64, 80)
    np.testing.assert_array_equal(grid.seen(maps), maps[:, 2:62])
    assert grid.frame_box((0, 79), (0, 59)) == Box(0, 0, 640, 480)
    assert grid.frame_box((2, 3), (5, 5)) == Box(16, 40, 16, 8)
    # Six and a half cells of grey: the frame begins in the middle of the first one that sees it.
    odd = letterbox_centre((408, 640), INPUT_SIZE)
    assert odd.top == 26
    assert odd.grid(*CELLS).shape == (52, 80)
    assert odd.grid(*CELLS).frame_box((0, 0), (0, 0)) == Box(0, 0, 8, 4)


@pytest.mark.parametrize("resize", sorted(RESIZE_TRANSFORMS))
@pytest.mark.parametrize("frame", [(480, 640), (243, 777), (100, 90), (37, 51)])
def test_a_window_holds_all_that_its_pixels_are_made_of(
    resize: str, frame: tuple[int, int]
) -> None:
    transform = RESIZE_TRANSFORMS[resize](frame, INPUT_SIZE)
    grid = transform.grid(*CELLS)
    cells = np.random.default_rng(0).normal(size=grid.shape).astype(np.float32)
    seen = transform.seen
    for part in (2, 3, 5, 30):
        width, height = max(1, seen.width // part), max(1, seen.height // part)
        box = Box(seen.x + seen.width - width, seen.y + seen.height // part, width, height)
        rows, columns = grid.window(box)
        origin = rows.start, columns.start
        whole = grid.upsample(cells, (0, 0), box)
        alone = grid.upsample(np.ascontiguousarray(cells[rows, columns]), origin, box)
        np.testing.assert_allclose(alone, whole, atol=1e-4)
        down, across = grid.positions(box)
        np.testing.assert_allclose(whole, bilinear(cells, down, across), atol=1e-4)


def test_an_image_can_keep_its_own_size() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (37, 51, 3), np.uint8)
    transform = own_size((37, 51), INPUT_SIZE)
    np.testing.assert_array_equal(transform.apply(frame), frame)
    assert transform.grid(37, 51).frame_box((3, 4), (5, 5)) == Box(3, 5, 2, 1)


@pytest.mark.parametrize(
    ("transform", "edges"),
    [
        (stretch((480, 640), INPUT_SIZE), [20, 18.75, 40, 37.5]),
        (letterbox((480, 640), INPUT_SIZE), [20, 20, 40, 40]),
        (letterbox_centre((480, 640), INPUT_SIZE), [20, 4, 40, 24]),
        (crop((480, 640), (240, 240)), [100, 20, 120, 40]),
        (own_size((480, 640), INPUT_SIZE), [10, 10, 20, 20]),
    ],
)
def test_boxes_are_brought_back_to_the_frame(
    transform: ResizeTransform, edges: list[float]
) -> None:
    found = transform.edges_in_frame(np.array([[10.0, 10.0, 20.0, 20.0]]))
    np.testing.assert_allclose(found, [edges])


def test_what_was_cropped_away_belongs_to_no_cell() -> None:
    grid = crop((480, 640), (240, 240)).grid(60, 60)
    assert grid.shape == (60, 60)
    assert grid.frame_box((0, 59), (0, 59)) == Box(80, 0, 480, 480)
    assert grid.frame_box((0, 0), (1, 1)) == Box(80, 8, 8, 8)


def test_a_map_of_any_size_covers_the_whole_input() -> None:
    # 33 cells for 256 pixels, as networks with odd sizes give them.
    grid = stretch((480, 640), (256, 256)).grid(33, 33)
    assert grid.shape == (33, 33)
    assert grid.frame_box((0, 32), (0, 32)) == Box(0, 0, 640, 480)
    box = Box(0, 0, 640, 480)
    cells = np.random.default_rng(0).normal(size=(33, 33)).astype(np.float32)
    # OpenCV's resize has the same half-pixel convention.
    expected = cv2.resize(cells, (640, 480), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(grid.upsample(cells, (0, 0), box), expected, atol=1e-4)


@pytest.mark.parametrize("resize", sorted(RESIZE_TRANSFORMS))
@pytest.mark.parametrize("size", [(480, 640), (481, 640), (480, 641), (251, 333), (1080, 1920)])
def test_a_part_of_a_map_is_upsampled_exactly_and_goes_on_as_at_its_border(
    resize: str, size: tuple[int, int]
) -> None:
    transform = RESIZE_TRANSFORMS[resize](size, INPUT_SIZE)
    grid = transform.grid(*CELLS)
    rows, columns = slice(9, 22), slice(21, 38)
    cells = np.random.default_rng(1).normal(size=grid.shape).astype(np.float32)[rows, columns]
    box = grid.frame_box((21, 37), (9, 21))
    found = grid.upsample(np.ascontiguousarray(cells), (9, 21), box)
    assert found.shape == (box.height, box.width)
    down, across = grid.positions(box)
    expected = bilinear(cells, (down - 9).clip(0, 12), (across - 21).clip(0, 16))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("resize", sorted(RESIZE_TRANSFORMS))
@pytest.mark.parametrize("frame", [(480, 640), (243, 777), (1080, 1920), (60, 50)])
def test_a_point_comes_back_to_where_it_was(resize: str, frame: tuple[int, int]) -> None:
    transform = RESIZE_TRANSFORMS[resize](frame, INPUT_SIZE)
    # A blurred dot in the middle, so that averaging and interpolating keep its centre.
    x, y = frame[1] // 2, frame[0] // 2
    rows, columns = np.mgrid[: frame[0], : frame[1]]
    width = min(frame) / 12
    dot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))
    resized = transform.apply(np.repeat(dot[..., None], 3, axis=2).astype(np.uint8))
    grid = transform.grid(transform.input_height, transform.input_width)
    cells = np.ascontiguousarray(grid.seen(resized[..., 0]), np.float32)
    box = transform.seen
    back = grid.upsample(cells, (0, 0), box)
    moments = cv2.moments(np.where(back > 20, back, 0))
    found = box.x + moments["m10"] / moments["m00"], box.y + moments["m01"] / moments["m00"]
    assert found == pytest.approx((x, y), abs=0.3)
