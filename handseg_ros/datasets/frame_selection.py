"""Which frames are worth a person's time: every n-th, or those that the model doubts most."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Segmentation


@dataclass(frozen=True)
class Uncertainty:
    """How much the model doubts a frame, 0 to 1; `time` is the frame's, in nanoseconds."""

    index: int
    time: int
    amount: float


def lowered_thresholds(own: Thresholds) -> Thresholds:
    """Return thresholds with half the least score, so that hands nearly found are seen too."""
    return replace(own, score=own.score / 2)


def uncertainty_of(segmentation: Segmentation, least_score: float) -> float:
    """Return how close the model is to deciding otherwise about a hand, 0 to 1.

    Of each hand, found with `lowered_thresholds`, the doubt is 1 where its score is the least
    score of a hand, falls linearly to 0 at the scores 0 and 1, and the frame has the largest of its
    hands'. Without a hand, not even one nearly found, it is 0. This is margin sampling (Scheffer
    et al., "Active Hidden Markov Models for Information Extraction", IDA 2001) for one threshold.
    """
    return max((_doubt(hand.score, least_score) for hand in segmentation.hands), default=0.0)


def _doubt(score: float, least: float) -> float:
    widest = 1.0 - least if score >= least else least
    return 1.0 - abs(score - least) / widest if widest else 1.0


def most_uncertain(doubts: Iterable[Uncertainty], count: int, apart: int) -> set[int]:
    """Return the indices of the `count` most doubtful frames; of equal ones the earliest.

    No two of them are less than `apart` nanoseconds from each other, for neighbours look alike.
    Fewer come where that leaves fewer.
    """
    chosen: list[Uncertainty] = []
    for doubt in sorted(doubts, key=lambda item: (-item.amount, item.index)):
        if len(chosen) == count:
            break
        if all(abs(doubt.time - other.time) >= apart for other in chosen):
            chosen.append(doubt)
    return {doubt.index for doubt in chosen}
