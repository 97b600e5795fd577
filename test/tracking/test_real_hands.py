"""Guards tracks on what the shipped model finds in the rendered clip and picture."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from support.assets import CLIP, PICTURE
from support.moving_hands import Mover, Seeing, line, views

from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.hands import Hand, Segmentation, Side
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.tracker import Tracker

RATE = 10.0


@pytest.fixture(scope="module")
def answers() -> list[Segmentation]:
    """Return what the model finds in each frame of the clip: the same two hands."""
    segmenter = Segmenter.load()
    found = [segmenter.segment(frame.image) for frame in open_source(str(CLIP))]
    assert all(len(answer.hands) == 2 for answer in found)
    return found


def _right_of(hands: Sequence[Hand]) -> Hand:
    """Return the person's right hand, which is the left one in all pictures of the clip."""
    return min(hands, key=lambda hand: hand.centroid[0])


def _mistaken(answer: Segmentation) -> Segmentation:
    """Return an answer in which each hand is of the other side."""
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
    hands = tuple(replace(hand, side=other[hand.side]) for hand in answer.hands)
    return replace(answer, hands=hands)


def test_the_clip_has_two_tracks_and_the_right_sides(answers: list[Segmentation]) -> None:
    tracker, wrong = Tracker(), 0
    for number, true in enumerate(answers):
        # The model alone is right about nearly all frames of it.
        answer = _mistaken(true) if number % 4 == 3 else true
        hands = tracker.follow(answer, number / RATE).hands
        assert {hand.track_id for hand in hands} == {1, 2}
        right, (left,) = _right_of(hands), [hand for hand in hands if hand is not _right_of(hands)]
        if number == 0:
            begun = right.track_id
        assert right.track_id == begun
        assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
        wrong += _right_of(answer.hands).side is not Side.RIGHT
    assert wrong > 5, "some frames alone should be wrong, or this shows nothing"


@pytest.mark.parametrize("begin", [3, 12, 25])
def test_tracks_stay_through_a_second_without_one_hand_or_any(
    answers: list[Segmentation], begin: int
) -> None:
    for kept in (0, 1):
        tracker, seen = Tracker(), set()
        for number, answer in enumerate(answers):
            hidden = begin <= number < begin + RATE
            given = replace(answer, hands=answer.hands[:kept]) if hidden else answer
            hands = tracker.follow(given, number / RATE).hands
            if len(hands) == 2:
                seen.add((_right_of(hands).track_id, max(hand.track_id for hand in hands)))
        assert len(seen) == 1, "the right hand should have one number, and there be two in all"


@pytest.fixture(scope="module")
def shapes() -> list[np.ndarray]:
    """Return the masks of the two hands in the rendered picture."""
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    hands = Segmenter.load().segment(picture).hands
    assert len(hands) == 2
    return [hand.mask for hand in hands]


@pytest.mark.parametrize("merges", [False, True])
def test_real_shapes_that_cross(shapes: list[np.ndarray], merges: bool) -> None:
    movers = [
        Mover(line((100, 260), (540, 220), 2.0), Side.RIGHT, shapes[0]),
        Mover(line((540, 250), (100, 240), 2.0), Side.LEFT, shapes[1]),
    ]
    for seed in range(3):
        seeing = Seeing(missed=0.05, jitter=3.0, merges=merges, wrong_side=0.1)
        tracker, had = Tracker(), set()
        for view in views(movers, 2.0, 15.0, seeing, seed):
            hands = tracker.follow(view.segmentation, view.time).hands
            had |= {
                (owner, hand.track_id)
                for hand, owner in zip(hands, view.owners, strict=True)
                if owner is not None
            }
        assert len(had) == 2, had
