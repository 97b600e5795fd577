"""Guards what holds for any stream: numbers are unique, never given again, and little is kept."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.labelled import found

from handseg_ros.segmentation.hands import MAX_HANDS, Hand, Segmentation, Side, Timings
from handseg_ros.tracking.tracker import Tracker

Square = tuple[int, int, int, int]
Stream = list[tuple[float, list[Square]]]

SQUARES = st.tuples(
    st.integers(0, 580), st.integers(0, 420), st.integers(1, 60), st.sampled_from([0, 1, 2])
)
# Times in any order, some the same, some far away.
TIMES = st.floats(-100.0, 100.0) | st.sampled_from([0.0, 0.1, 0.2, 1e9])
# Speed is no matter here: the machine may have other work.
ANY_STREAM = settings(max_examples=50, deadline=None)
STREAMS = st.lists(st.tuples(TIMES, st.lists(SQUARES, max_size=8)), max_size=12)


def _frame(squares: Sequence[Square]) -> Segmentation:
    hands = tuple(_hand(number, square) for number, square in enumerate(squares, start=1))
    return Segmentation(480, 640, hands, Timings(0.0, 0.0, 0.0))


def _hand(number: int, square: Square) -> Hand:
    x, y, size, side = square
    hand = found(number, (x, y, size), side=Side(side))
    middle = (size - 1) / 2
    return replace(hand, centroid=(x + middle, y + middle))


@ANY_STREAM
@given(STREAMS)
def test_numbers_are_unique_in_a_frame_and_count_up(stream: Stream) -> None:
    tracker, most = Tracker(), 0
    for time, squares in stream:
        numbers = [hand.track_id for hand in tracker.follow(_frame(squares), time).hands]
        assert len(set(numbers)) == len(numbers) == len(squares)
        fresh = sorted(number for number in numbers if number > most)
        assert fresh == list(range(most + 1, most + 1 + len(fresh)))
        most = max([most, *numbers])


@ANY_STREAM
@given(STREAMS)
def test_a_number_that_was_gone_for_longer_than_the_memory_is_not_given_again(
    stream: Stream,
) -> None:
    tracker, clock = Tracker(max_age=0.5), 0.0
    last_seen: dict[int, float] = {}
    steps = [abs(math.remainder(time, 0.7)) for time, _ in stream]
    for step, (_, squares) in zip(steps, stream, strict=True):
        clock += step
        for hand in tracker.follow(_frame(squares), clock).hands:
            # A hand may be missing for the memory after the first frame without it, not longer.
            assert clock - last_seen.get(hand.track_id, clock) <= 0.5 + 0.5 + 1e-6
            last_seen[hand.track_id] = clock


@ANY_STREAM
@given(STREAMS)
def test_a_side_has_a_confidence_and_none_has_none(stream: Stream) -> None:
    tracker = Tracker()
    for time, squares in stream:
        for hand in tracker.follow(_frame(squares), time).hands:
            if hand.side is Side.UNKNOWN:
                assert hand.side_confidence == 0.0
            else:
                assert 0.5 <= hand.side_confidence < 1.0


@ANY_STREAM
@given(STREAMS)
def test_the_same_stream_has_the_same_numbers(stream: Stream) -> None:
    one, other = Tracker(), Tracker()
    for time, squares in stream:
        ours, theirs = (each.follow(_frame(squares), time) for each in (one, other))
        assert [hand.track_id for hand in ours.hands] == [hand.track_id for hand in theirs.hands]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_what_is_kept_is_bounded(seed: int) -> None:
    random = np.random.default_rng(seed)
    tracker, kept = Tracker(max_age=60.0), []
    for number in range(40):
        places = random.integers(0, 400, (60, 2)).tolist()
        tracker.follow(_frame([(x, y, 3, 0) for x, y in places]), number / 100)
        kept.append(_size(tracker))
    # 2,400 hands were seen; no more than a frame can have are kept.
    assert max(kept[10:]) <= 1.05 * kept[5]
    assert kept[-1] < MAX_HANDS * 2000


def _size(tracker: Tracker) -> int:
    """Return about how many bytes a tracker keeps: its tracks, and what each holds."""
    tracks = vars(tracker)["_tracks"]
    return sys.getsizeof(tracks) + sum(
        sys.getsizeof(value) for track in tracks for value in (track, *vars(track).values())
    )
