"""Guards the overlay: what each mode draws, and that it can be read on bright and dark images."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Segmentation, Side, Timings
from handseg_ros.segmentation.id_picture import draw_ids
from handseg_ros.segmentation.overlay import (
    COLOURS,
    OBJECT_COLOUR,
    OverlayMode,
    Palette,
    colour_of,
    draw_overlay,
    label_text,
)

INSTANCES = OverlayMode.INSTANCES


def _hand(number: int, x: int, y: int, size: int) -> Hand:
    mask = np.full((size, size), 255, np.uint8)
    centre = x + (size - 1) / 2, y + (size - 1) / 2
    return Hand(number, Side.LEFT, 0.9, 0.87, Box(x, y, size, size), mask, size * size, centre)


@pytest.fixture
def two_hands() -> Segmentation:
    hands = (_hand(1, 100, 150, 120), _hand(2, 400, 200, 100))
    return Segmentation(480, 640, hands, Timings(0, 0, 0))


@pytest.fixture
def with_object(two_hands: Segmentation) -> Segmentation:
    """Return the two hands with an object, half of which lies below the first hand."""
    thing = ObjectRegion(
        1, 0.9, Box(160, 150, 120, 120), np.full((120, 120), 255, np.uint8), 14400, (219.5, 209.5)
    )
    return replace(two_hands, objects=(thing,))


def _tinted(colour: tuple[int, int, int]) -> np.ndarray:
    """Return what a pixel of 90, 90, 90 becomes under a tint of the colour."""
    return np.rint(90 * 0.55 + np.array(colour) * 0.45)


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


@pytest.mark.parametrize("mode", [OverlayMode.MASK, OverlayMode.INSTANCES])
def test_objects_lie_below_the_hands(with_object: Segmentation, mode: OverlayMode) -> None:
    picture = draw_overlay(_frame(90), with_object, mode)
    np.testing.assert_array_equal(picture[210, 250], _tinted(OBJECT_COLOUR))
    alone = draw_overlay(_frame(90), replace(with_object, objects=None), mode)
    # What shows of the hand is the hand's; the object's own outline has crossed it below the tint.
    np.testing.assert_array_equal(picture[200:260, 110:150], alone[200:260, 110:150])
    assert (picture[210, 200] != picture[210, 250]).any()


def test_mask_tints_objects_and_hands_and_nothing_else(with_object: Segmentation) -> None:
    picture = draw_overlay(_frame(90), with_object, OverlayMode.MASK)
    found = (with_object.mask() | with_object.object_mask()) > 0
    np.testing.assert_array_equal((picture != 90).any(axis=2), found)


def test_contour_leaves_objects_inside_as_they_were(with_object: Segmentation) -> None:
    picture = draw_overlay(_frame(90), with_object, OverlayMode.CONTOUR)
    assert (picture[160:260, 230:270] == 90).all()
    # Outlines are rounded at corners.
    assert (picture[155:265, 279] == OBJECT_COLOUR).all()


def test_a_description_s_colours_are_used_where_a_class_has_one(
    with_object: Segmentation, description: ModelDescription
) -> None:
    told = replace(
        description,
        classes=("background", "hand", "object"),
        colours={"hand": (10, 21, 30), "object": (200, 100, 50)},
    )
    palette = Palette.of(told)
    mask = draw_overlay(_frame(90), with_object, OverlayMode.MASK, palette)
    np.testing.assert_array_equal(mask[280, 480], _tinted((30, 21, 10)))
    np.testing.assert_array_equal(mask[210, 250], _tinted((50, 100, 200)))
    # Hands that are to be told apart keep colours of their own.
    instances = draw_overlay(_frame(90), with_object, OverlayMode.INSTANCES, palette)
    np.testing.assert_array_equal(instances[280, 480], _tinted(COLOURS[1]))
    np.testing.assert_array_equal(instances[210, 250], _tinted((50, 100, 200)))
    assert Palette.of(replace(told, colours={})) == Palette()


def test_neighbouring_ids_never_share_a_colour() -> None:
    colours = [colour_of(_hand(number, 0, 0, 4)) for number in range(1, 256)]
    assert all(one != other for one, other in itertools.pairwise(colours))
    assert len(set(colours)) == len(COLOURS)


def test_a_colour_follows_the_track() -> None:
    first, second = (replace(_hand(number, 0, 0, 4), track_id=3) for number in (1, 2))
    assert colour_of(first) == colour_of(second) == COLOURS[2]
    assert colour_of(replace(first, track_id=len(COLOURS) + 1)) == COLOURS[0]


def test_the_label_names_the_track(two_hands: Segmentation) -> None:
    def label(track: int) -> np.ndarray:
        # Another colour round is the same colour, so only the label's words differ.
        hands = tuple(replace(hand, track_id=track) for hand in two_hands.hands)
        return draw_overlay(_frame(90), replace(two_hands, hands=hands), OverlayMode.INSTANCES)

    changed = (label(1) != label(1 + len(COLOURS))).any(axis=2)
    assert changed.any()
    # The first hand begins at row 150, and its label is above it.
    assert not changed[150:].any() or not changed[320:].any()
    untracked = draw_overlay(_frame(90), two_hands, OverlayMode.INSTANCES)
    bright = (untracked[:150].min(axis=2) > 200).sum(), (label(1)[:150].min(axis=2) > 200).sum()
    assert bright[0] < bright[1], "a number is written where there is a track"


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_label_can_be_read_where_a_large_picture_is_shown_small(size: tuple[int, int]) -> None:
    width, height = size
    hand = replace(_hand(1, 500, 300, 100), track_id=1)
    segmentation = Segmentation(height, width, (hand,), Timings(0, 0, 0))
    picture = draw_overlay(np.full((height, width, 3), 90, np.uint8), segmentation, INSTANCES)
    bright = (picture.min(axis=2) > 200).any(axis=1)
    # As much of the height as a line in a book has of its page, at least.
    assert bright.sum() > height / 40
    strokes = (picture.min(axis=2) > 200).sum()
    assert strokes > 4 * bright.sum() * width / 640, "strokes are thicker where pixels are more"


@pytest.mark.parametrize(
    ("track", "side", "words"),
    [
        (3, Side.LEFT, "#3 left 0.90"),
        (3, Side.RIGHT, "#3 right 0.90"),
        (3, Side.UNKNOWN, "#3 0.90"),
        (0, Side.LEFT, "left 0.90"),
        (0, Side.UNKNOWN, "hand 0.90"),
    ],
)
def test_the_label_says_what_is_known_and_nothing_else(track: int, side: Side, words: str) -> None:
    hand = replace(_hand(1, 0, 0, 4), track_id=track, side=side, score=0.9)
    assert label_text(hand) == words


def test_outlines_are_smooth() -> None:
    side = 120
    mask = np.where(np.add.outer(np.arange(side), 2 * np.arange(side)) > side, 255, 0)
    hand = replace(_hand(1, 100, 150, side), mask=mask.astype(np.uint8))
    segmentation = Segmentation(480, 640, (hand,), Timings(0, 0, 0))
    picture = draw_overlay(_frame(255), segmentation, OverlayMode.CONTOUR)
    # Along the slanted side each row has values between the white around and the dark rim.
    rows = picture[160:255, :165, 2].astype(int)
    between = ((rows > 60) & (rows < 250)).sum(axis=1)
    assert (between >= 2).all()


def test_the_first_colours_are_unlike_skin_and_wood() -> None:
    # Skin of any tone and most wood have hues of 0 to 30 degrees; OpenCV halves degrees.
    first = cv2.cvtColor(np.array([COLOURS[:2]], np.uint8), cv2.COLOR_BGR2HSV)[0].astype(int)
    assert all(60 <= (2 * hue - 15) % 360 <= 300 for hue in first[:, 0])
    assert (first[:, 1] > 150).all()


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


def test_ids_are_seen_as_colours_and_numbers(two_hands: Segmentation) -> None:
    picture = draw_ids(two_hands)

    assert picture.shape == (480, 640, 3)
    assert tuple(picture[0, 0]) == (0, 0, 0)
    for hand, corner in zip(two_hands.hands, ((155, 105), (205, 405)), strict=True):
        assert tuple(picture[corner]) == COLOURS[hand.id - 1]
        # its number, white, on its middle
        assert (picture[hand.box.slices] == 255).all(axis=2).sum() > 20
    # nothing outside of the hands: numbers stay on them
    assert not picture[two_hands.instances() == 0].any()


def test_as_many_ids_as_there_can_be_have_a_colour() -> None:
    hands = tuple(_hand(1 + n, 2 * (n % 16), 2 * (n // 16), 2) for n in range(255))
    picture = draw_ids(Segmentation(480, 640, hands, Timings(0, 0, 0)))

    assert picture[:32, :32].any(axis=2).any()


def test_a_number_at_the_edge_is_inside_the_picture() -> None:
    for x, y in ((0, 0), (600, 440)):
        hand = _hand(1, x, y, 40)
        hand = replace(hand, centroid=(x, y) if not x else (639.0, 479.0))
        picture = draw_ids(Segmentation(480, 640, (hand,), Timings(0, 0, 0)))
        assert (picture == 255).all(axis=2).sum() > 20
