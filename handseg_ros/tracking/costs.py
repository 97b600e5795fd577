"""What it costs to take a hand of a frame for the hand of a track.

Four costs are added, each 0 for a perfect fit: how little the masks lie over each other where the
hand is expected, how far away from there it is in sizes of a hand, how much its size differs, and
how improbable it is that the sides are the same. docs/decisions/0013 says why these.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handseg_ros.segmentation.hands import Hand
from handseg_ros.tracking.shared_pixels import shared_pixels
from handseg_ros.tracking.side_vote import SideVote
from handseg_ros.tracking.track import PredictedTrack

# From this on a hand is rather a new one than the track's.
MAX_COST = 2.0
# How far from where it is expected a hand is looked for, in sizes of a hand: at once, more with
# each second, and at most. Fifteen sizes a second are about 1.5 m/s.
_REACH, _REACH_GROWTH, _MOST_REACH = 1.0, 15.0, 4.0
# What a hand of twice or half the size counts, or one that differs more. Little, as hands close and
# turn, and go behind things.
_SIZE = 0.2
# What a side's improbability (the negative logarithm of its probability) counts. Little, as sides
# are wrong more often than hands jump.
_SIDE = 0.12


def association_costs(
    predicted: Sequence[PredictedTrack], hands: Sequence[Hand], now: float
) -> np.ndarray:
    """Return the cost of each pair: float64 (tracks, hands), `MAX_COST` where it cannot be."""
    apart = _distances(predicted, hands)
    known = np.array([each.track.size for each in predicted])[:, None]
    found = np.sqrt([hand.area for hand in hands])
    larger = np.maximum(known, found)
    hidden = np.array([now - each.track.seen for each in predicted])[:, None]
    reach = np.minimum(_REACH + _REACH_GROWTH * hidden, _MOST_REACH) * larger
    costs = apart / (apart + larger) + _SIDE * _side_cost(predicted, hands)
    costs += _SIZE * np.minimum(np.abs(np.log2(found / known)), 1.0)
    for row, column in np.argwhere(apart <= reach):
        costs[row, column] += 1.0 - _iou(predicted[row], hands[column])
    return np.where(apart <= reach, np.minimum(costs, MAX_COST), MAX_COST)


def _distances(predicted: Sequence[PredictedTrack], hands: Sequence[Hand]) -> np.ndarray:
    there = np.array([(each.x, each.y) for each in predicted])
    here = np.array([hand.centroid for hand in hands])
    away = there[:, None, :] - here[None, :, :]
    return np.hypot(away[..., 0], away[..., 1])


def _side_cost(predicted: Sequence[PredictedTrack], hands: Sequence[Hand]) -> np.ndarray:
    """Return the negative logarithm of the probability that a track's side and a hand's agree."""
    voted = np.array([each.track.vote.right for each in predicted])[:, None]
    said = np.array([SideVote.of(hand).right for hand in hands])
    return -np.log(voted * said + (1.0 - voted) * (1.0 - said))


def _iou(predicted: PredictedTrack, hand: Hand) -> float:
    track = predicted.track
    both = shared_pixels(predicted.box, track.mask, hand.box, hand.mask)
    return both / (track.area + hand.area - both) if both else 0.0
