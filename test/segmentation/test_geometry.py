"""Guards the mapping between frame, network and cells: no half pixel is lost on the way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.geometry import PADDING, Letterbox
from handseg_ros.segmentation.hands import Box

CANVAS = (256, 320)


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920), (37, 51), (2000, 10)])
def test_the_content_keeps_the_aspect_and_fits(frame: tuple[int, int]) -> None:
    letterbox = Letterbox.fit(frame, CANVAS)
    assert letterbox.content_height <= 256
    assert letterbox.content_width <= 320
    assert letterbox.content_height == 256 or letterbox.content_width == 320
    scale = min(256 / frame[0], 320 / frame[1])
    assert letterbox.content_width == pytest.approx(frame[1] * scale, abs=0.51 + 0.5)
    assert letterbox.content_height == pytest.approx(frame[0] * scale, abs=0.51 + 0.5)


def test_the_canvas_shows_the_frame_top_left_and_grey_beside_it() -> None:
    canvas = Letterbox.fit((480, 640), CANVAS).apply(np.full((480, 640, 3), 200, np.uint8))
    assert canvas.shape == (256, 320, 3)
    assert canvas.dtype == np.uint8
    assert (canvas[:240] == 200).all()
    assert (canvas[240:] == PADDING).all()


@pytest.mark.parametrize("frame", [(480, 640), (243, 777), (100, 90)])
def test_upsampling_finds_each_pixel_s_place_among_the_cells(frame: tuple[int, int]) -> None:
    letterbox = Letterbox.fit(frame, CANVAS)
    rows, columns = (np.arange(n, dtype=np.float32) for n in letterbox.content_cells(4))
    grid = np.tile(columns, (len(rows), 1))
    box = Box(frame[1] // 3, frame[0] // 3, frame[1] // 4, frame[0] // 4)
    found = letterbox.upsample(grid, (0, 0), box, 4)
    pixels = np.arange(box.x, box.x + box.width)
    expected = (pixels + 0.5) * letterbox.content_width / frame[1] / 4 - 0.5
    # OpenCV interpolates in steps of 1/32 of a cell.
    assert np.abs(found - expected[None]).max() < 1 / 32


def test_upsampling_a_part_of_the_map_equals_upsampling_the_whole() -> None:
    letterbox = Letterbox.fit((480, 640), CANVAS)
    cells = np.random.default_rng(0).normal(size=(60, 80)).astype(np.float32)
    box = Box(200, 120, 80, 64)
    whole = letterbox.upsample(cells, (0, 0), box, 4)
    part = letterbox.upsample(np.ascontiguousarray(cells[10:30, 20:40]), (10, 20), box, 4)
    np.testing.assert_allclose(part, whole, atol=1e-5)


def test_the_box_under_cells_covers_their_pixels() -> None:
    letterbox = Letterbox.fit((480, 640), CANVAS)
    assert letterbox.frame_box((2, 3), (5, 5), 4) == Box(16, 40, 16, 8)
    # The last cells end with the frame.
    assert letterbox.frame_box((79, 79), (59, 59), 4) == Box(632, 472, 8, 8)


def test_a_frame_of_one_pixel_is_mapped() -> None:
    letterbox = Letterbox.fit((1, 1), CANVAS)
    assert letterbox.apply(np.zeros((1, 1, 3), np.uint8)).shape == (256, 320, 3)
    assert letterbox.frame_box((0, 0), (0, 0), 4) == Box(0, 0, 1, 1)


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920), (486, 642)])
def test_shrinking_averages_and_does_not_alias(frame: tuple[int, int]) -> None:
    # Lines of one pixel: picking pixels would show some of them, averaging shows grey.
    lines = np.zeros((*frame, 3), np.uint8)
    lines[:, ::2] = 200
    letterbox = Letterbox.fit(frame, (128, 160))
    content = letterbox.apply(lines)[: letterbox.content_height, : letterbox.content_width]
    assert np.abs(content.astype(int) - 100).max() <= 25


@pytest.mark.parametrize("frame", [(480, 640), (720, 1280), (1080, 1920)])
def test_shrinking_in_two_steps_looks_like_averaging(frame: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*frame, 3), np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 8)
    picture = cv2.convertScaleAbs(picture, alpha=6.0, beta=-640.0)
    letterbox = Letterbox.fit(frame, CANVAS)
    size = letterbox.content_width, letterbox.content_height
    averaged = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(int)
    content = letterbox.apply(picture)[: size[1], : size[0]]
    assert np.abs(content - averaged).mean() < 1.5
