"""Gives the hands of a stream their numbers: the same hand, the same number."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from handseg_ros.segmentation.hands import MAX_HANDS, Hand, Segmentation
from handseg_ros.tracking.costs import MAX_COST, association_costs
from handseg_ros.tracking.merging import merged_tracks, positions_inside
from handseg_ros.tracking.track import PredictedTrack, Track

# Sums of times are wrong by no more, in seconds; a hand missing for just `max_age` is remembered.
_ROUNDING = 1e-6

# Costs (tracks, hands) become the rows and columns of the pairs that cost least in all.
Assignment = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Tracker:
    """Follows hands from frame to frame of one camera.

    A hand that is not found is remembered for `max_age` seconds after the first frame without it;
    that may be changed between frames. Numbers count from 1, and none is given twice. What is kept
    is bounded: as many tracks as a frame can have hands, those seen last. Not for use by two
    threads at once.
    """

    def __init__(self, max_age: float = 1.0) -> None:
        # Loading SciPy takes nearly as long as all else that a command loads, and most follow no
        # hands. The first frame with hands must not wait for it either.
        from scipy.optimize import linear_sum_assignment

        self._assign: Assignment = linear_sum_assignment
        self.max_age = max_age
        self._tracks: tuple[Track, ...] = ()
        self._given = 0
        self._time: float | None = None
        self._now = 0.0

    def follow(self, segmentation: Segmentation, time: float) -> Segmentation:
        """Return the next frame's hands with `track_id`, and with the side voted over the track.

        `time` is the frame's, in seconds, of any clock. A step back of up to `max_age` counts as no
        time at all; after a longer one, as when simulated time starts again, and after a gap longer
        than `max_age` all hands are new.
        """
        self._go_to(time)
        hands = segmentation.hands
        predicted = [each.predict(self._now) for each in self._tracks if self._remembers(each)]
        hand_of = _associated(predicted, hands, self._now, self._assign)
        tracks = _updated(predicted, hands, hand_of, self._now)
        shown = self._shown(hands, {number: tracks[index] for index, number in hand_of.items()})
        hidden = [track for index, track in enumerate(tracks) if index not in hand_of]
        hidden.sort(key=lambda track: track.seen, reverse=True)
        self._tracks = (*shown, *hidden)[:MAX_HANDS]
        numbered = (_numbered(*pair) for pair in zip(hands, shown, strict=True))
        return replace(segmentation, hands=tuple(numbered))

    def _go_to(self, time: float) -> None:
        step = 0.0 if self._time is None else time - self._time
        if abs(step) > self.max_age + _ROUNDING:
            self._tracks = ()
        self._now += max(0.0, step)
        self._time = time

    def _remembers(self, track: Track) -> bool:
        return track.lost is None or self._now - track.lost <= self.max_age + _ROUNDING

    def _shown(self, hands: Sequence[Hand], known: Mapping[int, Track]) -> list[Track]:
        """Return the track of each hand: the one that is known for its place, or a new one."""
        shown = []
        for index, hand in enumerate(hands):
            if index not in known:
                self._given += 1
            shown.append(known.get(index) or Track.start(self._given, hand, self._now))
        return shown


def _associated(
    predicted: Sequence[PredictedTrack], hands: Sequence[Hand], now: float, assign: Assignment
) -> dict[int, int]:
    """Return the hands of tracks: track indices to hand indices, at the least total cost."""
    if not (predicted and hands):
        return {}
    costs = association_costs(predicted, hands, now)
    rows, columns = assign(costs)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if costs[row, column] < MAX_COST}


def _updated(
    predicted: Sequence[PredictedTrack],
    hands: Sequence[Hand],
    hand_of: Mapping[int, int],
    now: float,
) -> list[Track]:
    """Return the known tracks after a frame, in their order."""
    tracks = [each.track.missed(now) for each in predicted]
    for index, number in hand_of.items():
        tracks[index] = predicted[index].track.updated(hands[number], now)
    for number, indices in merged_tracks(predicted, hands, hand_of, now).items():
        spots = positions_inside([predicted[index] for index in indices], hands[number].box)
        for index, spot in zip(indices, spots, strict=True):
            tracks[index] = predicted[index].track.merged(spot, now)
    return tracks


def _numbered(hand: Hand, track: Track) -> Hand:
    vote = track.vote
    return replace(hand, track_id=track.id, side=vote.side, side_confidence=vote.confidence)
