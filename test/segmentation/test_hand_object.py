"""Guards the decoder of hands and objects: both masks, and which object touches which hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.decoders.hand_object import decode
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import stretch
from handseg_ros.segmentation.hands import Box, DecodedInstances, Segmentation, Timings

FRAME = (480, 640)
# A map of the frame's own size: pixels are cells.
ALL = Thresholds(score=0.0, mask=0.5, minimum_area=0.0)


@pytest.fixture
def three_classes(description: ModelDescription) -> ModelDescription:
    """Return the description of a network with background, hand and object."""
    return replace(
        description,
        family="hand_object",
        classes=("background", "hand", "object"),
        input=replace(description.input, resize="stretch"),
        outputs={"logits": "out"},
        output_layout="NCHW",
        activation="softmax",
        stride=None,
    )


def _scene() -> tuple[np.ndarray, np.ndarray]:
    """Return the masks of two hands and three objects: one touches each hand, one none."""
    hand, thing = np.zeros(FRAME, bool), np.zeros(FRAME, bool)
    hand[100:200, 100:200] = True
    hand[300:400, 400:500] = True
    thing[120:180, 203:260] = True  # three pixels beside the first hand
    thing[404:440, 420:480] = True  # four pixels below the second
    thing[20:60, 500:600] = True
    return hand, thing


def _logits(hand: np.ndarray, thing: np.ndarray) -> np.ndarray:
    planes = np.zeros((1, 3, *FRAME), np.float32)
    planes[0, 1][hand] = planes[0, 2][thing] = 12
    planes[0, 0][~hand & ~thing] = 12
    return planes


def _decode(
    logits: np.ndarray, description: ModelDescription, thresholds: Thresholds = ALL
) -> DecodedInstances:
    return decode({"logits": logits}, stretch(FRAME, (256, 320)), description, thresholds)


def test_hands_and_objects_are_where_they_were_painted(three_classes: ModelDescription) -> None:
    hand, thing = _scene()
    found = _decode(_logits(hand, thing), three_classes)
    segmentation = Segmentation(*FRAME, found.hands, Timings(0, 0, 0), found.objects)
    np.testing.assert_array_equal(segmentation.mask(), np.where(hand, 255, 0))
    np.testing.assert_array_equal(segmentation.object_mask(), np.where(thing, 255, 0))
    assert segmentation.object_mask().dtype == np.uint8


def test_each_hand_knows_the_object_that_touches_it(three_classes: ModelDescription) -> None:
    found = _decode(_logits(*_scene()), three_classes)
    assert found.objects is not None
    corners = {item.id: (item.box.x, item.box.y) for item in found.objects}
    touched = {(h.box.x, h.box.y): [corners[i] for i in h.touches] for h in found.hands}
    assert touched == {(100, 100): [(203, 120)], (400, 300): [(420, 404)]}
    segmentation = Segmentation(*FRAME, found.hands, Timings(0, 0, 0), found.objects)
    for hand in found.hands:
        assert tuple(item.id for item in segmentation.touched_by(hand)) == hand.touches


def test_a_box_around_others_holds_them_all() -> None:
    assert Box.around([Box(5, 6, 10, 2), Box(1, 7, 3, 30)]) == Box(1, 6, 14, 31)
    assert Box.around([]) == Box(0, 0, 0, 0)


def test_boxes_overlap_and_count_from_each_other() -> None:
    box = Box(10, 20, 30, 40)
    assert box.expanded(2) == Box(8, 18, 34, 44)
    assert box.intersection(Box(30, 0, 100, 25)) == Box(30, 20, 10, 5)
    apart = box.intersection(Box(50, 20, 5, 5))
    assert (apart.width, apart.height) == (0, 5)
    assert Box(30, 20, 10, 5).within(box) == Box(20, 0, 10, 5)


@pytest.mark.parametrize("gap", range(8))
def test_what_touches_is_what_a_disc_around_the_object_meets(
    three_classes: ModelDescription, gap: int
) -> None:
    # Slanted edges side by side, whose boxes overlap although the pixels need not meet.
    rows, columns = np.mgrid[: FRAME[0], : FRAME[1]]
    hand = (rows + columns < 400) & (rows < 300)
    thing = (rows + columns > 401 + 2 * gap) & (rows > 50) & (rows < 250) & (columns < 400)
    found = _decode(_logits(hand, thing), three_classes)
    reach = 5
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    meets = (cv2.dilate(hand.astype(np.uint8), disc) & thing).any()
    assert [hand.touches for hand in found.hands] == [(1,) if meets else ()]


def test_a_hand_at_the_frame_s_edge_can_touch_too(three_classes: ModelDescription) -> None:
    hand, thing = np.zeros(FRAME, bool), np.zeros(FRAME, bool)
    hand[:40, :40] = hand[-40:, -40:] = True
    thing[:40, 42:80] = thing[-40:, -80:-42] = True
    found = _decode(_logits(hand, thing), three_classes)
    assert found.objects is not None
    corners = {item.id: (item.box.x, item.box.y) for item in found.objects}
    touched = {(h.box.x, h.box.y): [corners[i] for i in h.touches] for h in found.hands}
    assert touched == {(0, 0): [(42, 0)], (600, 440): [(560, 440)]}


def test_two_independent_sigmoids_may_overlap(three_classes: ModelDescription) -> None:
    told = replace(three_classes, classes=("hand", "object"), activation="sigmoid")
    hand, thing = _scene()
    thing[150:220, 150:220] = True
    planes = np.where(np.stack([hand, thing])[None], 12, -12).astype(np.float32)
    found = _decode(planes, told)
    segmentation = Segmentation(*FRAME, found.hands, Timings(0, 0, 0), found.objects)
    np.testing.assert_array_equal(segmentation.mask(), np.where(hand, 255, 0))
    np.testing.assert_array_equal(segmentation.object_mask(), np.where(thing, 255, 0))


def test_without_an_object_nothing_is_touched(three_classes: ModelDescription) -> None:
    hand, _ = _scene()
    found = _decode(_logits(hand, np.zeros(FRAME, bool)), three_classes)
    assert found.objects == ()
    assert [item.touches for item in found.hands] == [(), ()]


def test_small_objects_are_left_out_like_hands(three_classes: ModelDescription) -> None:
    share = 9_000 / (480 * 640)  # below each hand's 10,000 pixels, above every object's
    found = _decode(_logits(*_scene()), three_classes, replace(ALL, minimum_area=share))
    assert len(found.hands) == 2
    assert found.objects == ()


def test_hundreds_of_objects_end_at_what_ids_can_name(three_classes: ModelDescription) -> None:
    hand, thing = np.zeros(FRAME, bool), np.zeros(FRAME, bool)
    hand[200:280, 200:280] = True
    thing[::12, ::12] = True
    thing &= ~hand
    found = _decode(_logits(hand, thing), three_classes)
    assert found.objects is not None
    assert [item.id for item in found.objects] == list(range(1, 256))
    assert [item.area for item in found.hands] == [80 * 80]
