"""Guards the overlay: what each mode draws, and that it can be read on bright and dark images."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings
from handseg_ros.segmentation.overlay import COLOURS, OverlayMode, colour_of, draw_overlay


def _hand(number: int, x: int, y: int, size: int) -> Hand:
    mask = np.full((size, size), 255, np.uint8)
    centre = x + (size - 1) / 2, y + (size - 1) / 2
    return Hand(number, Side.LEFT, 0.9, 0.87, Box(x, y, size, size), mask, size * size, centre)


@pytest.fixture
def two_hands() -> Segmentation:
    hands = (_hand(1, 100, 150, 120), _hand(2, 400, 200, 100))
    return Segmentation(480, 640, hands, Timings(0, 0, 0))


def _frame(brightness: int) -> np.ndarray:
    return np.full((480, 640, 3), brightness, np.uint8)


def test_none_leaves_the_frame_as_it_came(two_hands: Segmentation) -> None:
    frame = _frame(90)
    np.testing.assert_array_equal(draw_overlay(frame, two_hands, OverlayMode.NONE), frame)


@pytest.mark.parametrize("mode", list(OverlayMode))
def test_the_input_is_never_painted_on(two_hands: Segmentation, mode: OverlayMode) -> None:
    frame = _frame(90)
    frame.flags.writeable = False
    picture = draw_overlay(frame, two_hands, mode)
    assert picture.shape == frame.shape
    assert picture.dtype == np.uint8
    assert (frame == 90).all()


def test_mask_tints_the_hands_and_nothing_else(two_hands: Segmentation) -> None:
    picture = draw_overlay(_frame(90), two_hands, OverlayMode.MASK)
    changed = (picture != 90).any(axis=2)
    np.testing.assert_array_equal(changed, two_hands.mask() > 0)


def test_contour_leaves_the_hands_inside_as_it_was(two_hands: Segmentation) -> None:
    picture = draw_overlay(_frame(90), two_hands, OverlayMode.CONTOUR)
    assert (picture[160:260, 110:210] == 90).all()
    assert (picture[150, 100:220] != 90).any(axis=1).all()


def test_instances_have_colours_of_their_own(two_hands: Segmentation) -> None:
    picture = draw_overlay(_frame(90), two_hands, OverlayMode.INSTANCES)
    first, second = picture[240, 160].astype(int), picture[280, 480].astype(int)
    assert np.abs(first - second).max() > 40


def test_neighbouring_ids_never_share_a_colour() -> None:
    colours = [colour_of(_hand(number, 0, 0, 4)) for number in range(1, 256)]
    assert all(one != other for one, other in itertools.pairwise(colours))
    assert len(set(colours)) == len(COLOURS)


@pytest.mark.parametrize("brightness", [0, 60, 128, 200, 255])
def test_outline_and_label_stand_out_on_any_brightness(
    two_hands: Segmentation, brightness: int
) -> None:
    picture = draw_overlay(_frame(brightness), two_hands, OverlayMode.INSTANCES)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(int)
    # Across the outline, and inside the label, there are both dark and bright pixels.
    outline = grey[200, 90:112]
    label = grey[120:148, 100:180]
    assert outline.max() - outline.min() > 60
    assert label.max() - label.min() > 150


@pytest.mark.parametrize("corner", [(0, 0), (560, 0), (0, 400), (560, 400)])
def test_the_label_stays_inside_the_picture(corner: tuple[int, int]) -> None:
    segmentation = Segmentation(480, 640, (_hand(1, *corner, 80),), Timings(0, 0, 0))
    picture = draw_overlay(_frame(128), segmentation, OverlayMode.INSTANCES)
    # Only the label's text is that bright; all of it is inside when it is as much as elsewhere.
    middle = Segmentation(480, 640, (_hand(1, 280, 200, 80),), Timings(0, 0, 0))
    expected = draw_overlay(_frame(128), middle, OverlayMode.INSTANCES)
    assert (picture.min(axis=2) > 200).sum() == (expected.min(axis=2) > 200).sum() > 0


def test_a_tiny_picture_is_drawn_too() -> None:
    hand = _hand(1, 0, 0, 2)
    segmentation = Segmentation(4, 4, (hand,), Timings(0, 0, 0))
    picture = draw_overlay(np.zeros((4, 4, 3), np.uint8), segmentation, OverlayMode.INSTANCES)
    assert picture.shape == (4, 4, 3)
