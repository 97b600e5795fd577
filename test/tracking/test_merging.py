"""Guards hands that touch and are found as one: both numbers are there again when they part."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.labelled import found
from support.moving_hands import Mover, Seeing, painted_shape, views

from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings
from handseg_ros.tracking.merging import positions_inside
from handseg_ros.tracking.track import PredictedTrack, Track
from handseg_ros.tracking.tracker import Tracker

SHAPES = painted_shape(30.0, 3.3), painted_shape(27.0, 2.8)
MEETING, TOUCHING = 1.0, 2.5


def _part(number: int, box: Box) -> PredictedTrack:
    middle = box.x + box.width / 2, box.y + box.height / 2
    track = Track.start(number, found(number, (0, 0, 10)), 0.0)
    return PredictedTrack(track, *middle, box)


def _square(number: int, x: int, size: int) -> Hand:
    hand = found(number, (x, 100, size))
    return replace(hand, centroid=(x + (size - 1) / 2, 100 + (size - 1) / 2))


def _frame(hands: tuple[Hand, ...]) -> Segmentation:
    return Segmentation(480, 640, hands, Timings(0.0, 0.0, 0.0))


def _gap(time: float) -> float:
    """Half the distance of two hands that meet, touch for a while and part again."""
    if time < MEETING + TOUCHING:
        return max(45.0, 200.0 - 155.0 * time / MEETING)
    return min(200.0, 45.0 + 155.0 * (time - MEETING - TOUCHING))


def _touching(sides: tuple[Side, Side], *, cross: bool) -> list[Mover]:
    def way(sign: float) -> Callable[[float], tuple[float, float]]:
        def at(time: float) -> tuple[float, float]:
            passed = min(max((time - MEETING) / TOUCHING, 0.0), 1.0)
            turned = sign * (1.0 - 2.0 * passed) if cross else sign
            # All the while they move down together.
            return 320 + turned * _gap(time), 150 + 30 * time + 8 * sign

        return at

    return [Mover(way(-1.0), sides[0], SHAPES[0]), Mover(way(1.0), sides[1], SHAPES[1])]


@pytest.mark.parametrize("rate", [10.0, 30.0])
@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("sides", [(Side.LEFT, Side.RIGHT), (Side.UNKNOWN, Side.UNKNOWN)])
def test_hands_that_touch_for_seconds_part_with_their_numbers(
    rate: float, cross: bool, sides: tuple[Side, Side]
) -> None:
    seconds = 2 * MEETING + TOUCHING
    tracker, whole = Tracker(), 0
    for view in views(_touching(sides, cross=cross), seconds, rate, Seeing(merges=True)):
        hands = tracker.follow(view.segmentation, view.time).hands
        if view.owners == (None,):
            whole += 1
            assert hands[0].track_id in (1, 2)
            continue
        had = {owner: hand.track_id for hand, owner in zip(hands, view.owners, strict=True)}
        if view.time == 0.0:
            begun = had
        assert had == begun
    assert whole > rate, "the hands should have been found as one for more than a second"


def test_the_one_mask_keeps_its_number_and_side() -> None:
    tracker, merged = Tracker(), set()
    sides = Side.LEFT, Side.RIGHT
    for view in views(_touching(sides, cross=False), 3.0, 15.0, Seeing(merges=True)):
        hands = tracker.follow(view.segmentation, view.time).hands
        if view.owners == (None,):
            merged.add((hands[0].track_id, hands[0].side))
    assert len(merged) == 1


def test_a_hand_that_fell_to_pieces_for_a_frame_is_not_two() -> None:
    whole = _square(1, 100, 80)
    pieces = _square(1, 100, 60), _square(2, 165, 15)
    tracker = Tracker()
    frames: list[tuple[Hand, ...]] = [*[(whole,)] * 5, pieces, *[(whole,)] * 20]
    had = []
    for number, hands in enumerate(frames):
        answer = tracker.follow(_frame(hands), number / 15)
        had.append([hand.track_id for hand in answer.hands])
    assert had == [[1]] * 5 + [[1, 2]] + [[1]] * 20


def test_hands_in_a_wide_mask_lie_side_by_side() -> None:
    # They were expected to have met in the middle.
    places = positions_inside(
        [_part(1, Box(130, 100, 60, 80)), _part(2, Box(150, 110, 50, 60))], Box(100, 100, 140, 90)
    )
    # Left and right edges are reached, and so are top and bottom.
    assert places == [(100 + 30, 100 + 40), (100 + 140 - 25, 100 + 90 - 30)]


def test_hands_that_cover_each_other_stay_inside_the_mask() -> None:
    places = positions_inside(
        [_part(1, Box(80, 100, 60, 80)), _part(2, Box(150, 100, 60, 80))], Box(100, 100, 60, 80)
    )
    assert places == [(130, 140), (130, 140)]
