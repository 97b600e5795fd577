"""Guards the numbers of hands: they stay through occlusion, crossings and misses, on any clock."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from support.labelled import found
from support.moving_hands import (
    Mover,
    Path,
    Seeing,
    View,
    hidden_between,
    line,
    painted_shape,
    views,
)

from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings
from handseg_ros.tracking.tracker import Tracker

LEFT_SHAPE, RIGHT_SHAPE = painted_shape(30.0, 3.3), painted_shape(27.0, 2.8)
RATES = [5.0, 10.0, 30.0]


def movers(left: Path, right: Path, sides: Sequence[Side] = (Side.LEFT, Side.RIGHT)) -> list[Mover]:
    return [Mover(left, sides[0], LEFT_SHAPE), Mover(right, sides[1], RIGHT_SHAPE)]


def resting(x: float, y: float) -> Path:
    return lambda time: (x, y)


def numbers(stream: Iterable[View], tracker: Tracker | None = None) -> dict[int, list[int]]:
    """Return the numbers that each mover's hand had, each named once where it stays."""
    tracker = tracker or Tracker()
    had: dict[int, list[int]] = {}
    for view in stream:
        hands = tracker.follow(view.segmentation, view.time).hands
        for hand, owner in zip(hands, view.owners, strict=True):
            if owner is not None and had.setdefault(owner, [])[-1:] != [hand.track_id]:
                had[owner].append(hand.track_id)
    return had


def assert_kept(had: dict[int, list[int]]) -> None:
    """Both movers had one number all the time, each its own."""
    assert sorted(had) == [0, 1]
    assert all(len(each) == 1 for each in had.values()), had
    assert had[0] != had[1]


def squares(*hands: Hand) -> Segmentation:
    return Segmentation(480, 640, hands, Timings(0.0, 0.0, 0.0))


def square(x: int, y: int, size: int = 60, side: Side = Side.UNKNOWN) -> Hand:
    middle = (size - 1) / 2
    return replace(found(1, (x, y, size), side=side), centroid=(x + middle, y + middle))


def test_numbers_count_from_1_and_all_else_stays() -> None:
    first = square(50, 60, side=Side.LEFT)
    second = replace(square(300, 60, side=Side.RIGHT), id=2, touches=(1,))
    given = squares(first, second)
    answer = Tracker().follow(given, 12.5)
    assert [hand.track_id for hand in answer.hands] == [1, 2]
    for hand, before in zip(answer.hands, given.hands, strict=True):
        assert hand.side_confidence == pytest.approx(before.side_confidence)
        same = replace(hand, track_id=0, side_confidence=before.side_confidence)
        assert same == before
    assert replace(answer, hands=given.hands) == given


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("sides", [(Side.LEFT, Side.RIGHT), (Side.UNKNOWN, Side.UNKNOWN)])
def test_a_second_of_occlusion(rate: float, sides: Sequence[Side]) -> None:
    # 150 pixels a second: one hand goes on behind something, two hand sizes far.
    going = hidden_between(line((100, 200), (550, 260), 3.0), 1.0, 2.0)
    waiting = hidden_between(resting(500, 120), 1.0, 2.0)
    assert_kept(numbers(views(movers(going, waiting, sides), 3.0, rate, Seeing(jitter=2.0))))


@pytest.mark.parametrize("rate", RATES)
def test_a_hand_that_slides_behind_something_and_out_again(rate: float) -> None:
    cover = Box(260, 100, 200, 300)
    passing = movers(line((120, 240), (620, 240), 3.0), resting(560, 80))
    assert_kept(numbers(views(passing, 3.0, rate, Seeing(cover=cover))))


@pytest.mark.parametrize("rate", [10.0, 30.0])
@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize(
    "sides", [(Side.LEFT, Side.RIGHT), (Side.UNKNOWN, Side.UNKNOWN), (Side.LEFT, Side.LEFT)]
)
def test_hands_that_cross_keep_their_numbers(
    rate: float, merges: bool, sides: Sequence[Side]
) -> None:
    crossing = movers(line((120, 230), (520, 230), 2.0), line((520, 250), (120, 250), 2.0), sides)
    for seed in range(3):
        seeing = Seeing(jitter=2.0, merges=merges, wrong_side=0.1)
        assert_kept(numbers(views(crossing, 2.0, rate, seeing, seed)))


def test_hands_of_different_sides_that_cross_keep_their_sides() -> None:
    crossing = movers(line((120, 230), (520, 230), 2.0), line((520, 250), (120, 250), 2.0))
    tracker = Tracker()
    for view in views(crossing, 2.0, 15.0, Seeing(jitter=2.0, wrong_side=0.15), seed=4):
        answer = tracker.follow(view.segmentation, view.time)
        for hand, owner in zip(answer.hands, view.owners, strict=True):
            assert owner is not None
            if view.time > 0.5:
                assert hand.side is crossing[owner].side


@pytest.mark.parametrize("seed", range(4))
def test_misses_jitter_and_wrong_sides(seed: int) -> None:
    moving = movers(
        lambda time: (200 + 60 * math.sin(3 * time), 200 + 40 * math.cos(2 * time)),
        lambda time: (420 + 50 * math.cos(2 * time), 220 + 60 * math.sin(3 * time)),
    )
    seeing = Seeing(missed=0.25, wrong_side=0.25, jitter=4.0)
    assert_kept(numbers(views(moving, 6.0, 15.0, seeing, seed)))


def test_one_hand_leaves_and_another_enters() -> None:
    leaving = line((120, 300), (-200, 300), 1.0)
    entering = hidden_between(line((800, 280), (480, 280), 1.0), 0.0, 0.2)
    for sides in ((Side.RIGHT, Side.RIGHT), (Side.RIGHT, Side.LEFT)):
        had = numbers(views(movers(leaving, entering, sides), 2.0, 15.0, Seeing()))
        assert had == {0: [1], 1: [2]}


def test_a_sure_hand_of_the_other_side_is_another_hand() -> None:
    def follow(side: Side) -> int:
        tracker = Tracker()
        for frame in range(10):
            seen = replace(square(100, 100, side=Side.RIGHT), side_confidence=0.97)
            tracker.follow(squares(seen), frame / 10)
        tracker.follow(squares(), 1.0)
        later = replace(square(220, 100, side=side), side_confidence=0.97)
        return tracker.follow(squares(later), 1.5).hands[0].track_id

    assert follow(Side.RIGHT) == 1
    assert follow(Side.UNKNOWN) == 1
    assert follow(Side.LEFT) == 2


def test_a_hand_is_remembered_for_as_long_as_asked() -> None:
    for max_age, missing, number in ((0.5, 0.5, 1), (0.5, 0.6, 2), (3.0, 2.9, 1), (3.0, 3.1, 2)):
        tracker, other = Tracker(max_age), square(500, 300)
        tracker.follow(squares(square(50, 50), other), 0.0)
        for tenth in range(1, round(missing * 10) + 1):
            tracker.follow(squares(other), tenth / 10)
        back = tracker.follow(squares(square(50, 50), other), missing + 0.1).hands
        assert back[1].track_id == 2
        assert back[0].track_id == (1 if number == 1 else 3)


def test_a_gap_in_the_stream_longer_than_the_memory_makes_hands_new() -> None:
    tracker = Tracker(max_age=1.0)
    times = (0.0, 1.0, 2.5, 2.6)
    answers = [tracker.follow(squares(square(50, 50)), time) for time in times]
    assert [answer.hands[0].track_id for answer in answers] == [1, 1, 2, 2]


def test_when_simulated_time_starts_again_hands_are_new_and_numbers_go_on() -> None:
    tracker = Tracker()
    times = (10.0, 10.1, 0.0, 0.1, 10.0)
    answers = [tracker.follow(squares(square(50, 50)), time) for time in times]
    assert [answer.hands[0].track_id for answer in answers] == [1, 1, 2, 2, 3]


def test_small_steps_back_and_the_same_time_twice_change_nothing() -> None:
    tracker = Tracker()
    had: list[Hand] = []
    for number, time in enumerate((5.0, 5.1, 5.05, 5.05, 5.2, 4.9, 5.3)):
        had += tracker.follow(squares(square(50 + 5 * number, 50)), time).hands
    assert {hand.track_id for hand in had} == {1}


def test_times_of_today_are_as_good_as_small_ones() -> None:
    going = hidden_between(line((100, 200), (550, 260), 3.0), 1.0, 2.0)
    stream = list(views(movers(going, resting(500, 100)), 3.0, 30.0, Seeing()))
    late = [replace(view, time=view.time + 1.8e9) for view in stream]
    assert numbers(late) == numbers(stream) == {0: [1], 1: [2]}


def test_frames_without_hands() -> None:
    tracker = Tracker()
    assert tracker.follow(squares(), 0.0).hands == ()
    assert tracker.follow(squares(square(5, 5)), 0.1).hands[0].track_id == 1
    assert tracker.follow(squares(), 0.2).hands == ()
    assert tracker.follow(squares(square(5, 5)), 0.3).hands[0].track_id == 1


def test_255_hands() -> None:
    grid = [(20 * column, 20 * row) for row in range(15) for column in range(17)]
    hands = tuple(replace(square(x, y, 16), id=n) for n, (x, y) in enumerate(grid, start=1))
    tracker = Tracker()
    for time in (0.0, 0.1, 0.2):
        answer = tracker.follow(squares(*hands), time)
        assert [hand.track_id for hand in answer.hands] == list(range(1, 256))
    moved = tuple(replace(hand, box=replace(hand.box, x=hand.box.x + 3)) for hand in hands)
    answer = tracker.follow(squares(*reversed(moved)), 0.3)
    assert [hand.track_id for hand in answer.hands] == list(range(255, 0, -1))
