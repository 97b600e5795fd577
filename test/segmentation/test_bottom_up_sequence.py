"""Guards smoothing over time: what it steadies, and that no hand outlives its frames."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.assets import rendered_hands
from support.foreign import bright

from handseg_ros.segmentation.decoders.bottom_up import EVEN_PROBABILITY, decode
from handseg_ros.segmentation.decoders.bottom_up_sequence import BottomUpSequence
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import letterbox
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.segmenter import Segmenter

AddDisc = Callable[..., None]
Next = Callable[[np.ndarray], tuple[Hand, ...]]

VGA = letterbox((480, 640), (256, 320))
# In logits: of cells that make a hand at the thresholds of these tests, that do not quite, and that
# are background.
SURE, UNSURE, GONE = 5.0, 1.5, -6.0


@pytest.fixture
def hands_of_next(description: ModelDescription) -> Next:
    """Return a function that decodes the maps of the next 640x480 frame."""
    sequence = BottomUpSequence()

    def decode_next(maps: np.ndarray) -> tuple[Hand, ...]:
        return sequence({"maps": maps[None]}, VGA, description, description.thresholds).hands

    return decode_next


@pytest.fixture
def hand_at(empty_maps: np.ndarray, add_disc: AddDisc) -> Callable[[float], np.ndarray]:
    """Return a function that makes maps with a hand whose surest cells have a logit."""
    add_disc(empty_maps, column=25, row=30, radius=10)

    def maps_with(logit: float) -> np.ndarray:
        maps = empty_maps.copy()
        maps[0] = np.minimum(maps[0], logit)
        return maps

    return maps_with


def test_frames_that_are_alike_are_answered_as_each_alone(
    hands_of_next: Next, description: ModelDescription, hand_at: Callable[[float], np.ndarray]
) -> None:
    maps = hand_at(SURE)
    kept = maps.copy()
    (alone,) = decode({"maps": maps[None]}, VGA, description, description.thresholds).hands
    for _ in range(4):
        (hand,) = hands_of_next(maps)
        np.testing.assert_array_equal(hand.mask, alone.mask)
        assert (hand.box, hand.score, hand.side) == (alone.box, alone.score, alone.side)
    np.testing.assert_array_equal(maps, kept)


def test_a_hand_that_is_hardly_found_any_more_stays_for_two_frames(
    hands_of_next: Next, hand_at: Callable[[float], np.ndarray]
) -> None:
    assert not hands_of_next(hand_at(UNSURE))
    assert hands_of_next(hand_at(SURE))
    found = [bool(hands_of_next(hand_at(UNSURE))) for _ in range(6)]
    assert found == [True, True, False, False, False, False]


def test_a_hand_just_below_the_threshold_stays_no_longer(
    hands_of_next: Next, hand_at: Callable[[float], np.ndarray], description: ModelDescription
) -> None:
    score = description.thresholds.score
    enough = math.log(EVEN_PROBABILITY / (1 - EVEN_PROBABILITY)) + math.log(score / (1 - score))
    for _ in range(3):
        assert hands_of_next(hand_at(enough + 0.4))
    found = [bool(hands_of_next(hand_at(enough - 0.05))) for _ in range(6)]
    assert found == [True, True, False, False, False, False]


def test_a_hand_that_is_gone_is_gone_at_once(
    hands_of_next: Next, hand_at: Callable[[float], np.ndarray]
) -> None:
    for _ in range(5):
        assert hands_of_next(hand_at(SURE))
    assert not hands_of_next(hand_at(GONE))


def test_a_hand_elsewhere_is_no_surer(
    hands_of_next: Next,
    hand_at: Callable[[float], np.ndarray],
    empty_maps: np.ndarray,
    add_disc: AddDisc,
) -> None:
    assert len(hands_of_next(hand_at(SURE))) == 1
    add_disc(empty_maps, column=60, row=30, radius=10)
    empty_maps[0] = np.minimum(empty_maps[0], UNSURE)
    (hand,) = hands_of_next(empty_maps)
    assert hand.box.x < 320


def test_another_size_begins_anew(
    description: ModelDescription, hand_at: Callable[[float], np.ndarray]
) -> None:
    sequence, thresholds = BottomUpSequence(), description.thresholds
    assert sequence({"maps": hand_at(SURE)[None]}, VGA, description, thresholds).hands
    wide = letterbox((360, 640), (256, 320))
    assert not sequence({"maps": hand_at(UNSURE)[None]}, wide, description, thresholds).hands


def test_masks_flicker_less_under_noise() -> None:
    alone, picture = Segmenter.load(), rendered_hands()
    random = np.random.default_rng(0)
    noise = random.normal(0.0, 8.0, (6, *picture.shape))
    frames = np.clip(picture + noise, 0, 255).astype(np.uint8)

    def changed(segmenter: Segmenter) -> int:
        masks = [segmenter.segment(frame).mask() for frame in frames]
        return sum(int(np.count_nonzero(one != other)) for one, other in pairwise(masks))

    assert 3 * changed(alone.for_sequence()) < 2 * changed(alone)


def test_a_family_that_answers_each_frame_alone_says_so(tmp_path: Path) -> None:
    segmenter = Segmenter.load(bright(tmp_path / "bright.onnx"))
    with pytest.raises(ModelError, match=r"family 'semantic' answer each frame alone: leave"):
        segmenter.for_sequence()
