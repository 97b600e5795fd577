"""Sums of every figure that is a ratio, for every group and sequence: a frame is added and gone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from handseg_ros.evaluation.instance_matching import SIZES, size_name, size_of
from handseg_ros.evaluation.metrics.metric import NO_CONTRIBUTION, Contribution, EvaluatedFrame
from handseg_ros.evaluation.metrics.registry import FRAME_METRICS, HAND_METRICS, RATIO_METRICS

NAMES = tuple(figure.name for figure in RATIO_METRICS)
ALL = "all"


# Groups of frames in which single hands are labelled, by how many there are at least.
HANDS = {"hands: 1 or more": 1, "hands: 2 or more": 2}
# The first words of groups that no tag makes: a tag called so has another word before it.
_OWN_WORDS = ("hands", "size")


def groups_of(frame: EvaluatedFrame) -> tuple[str, ...]:
    """Return the groups that a whole frame belongs to: all, by number of hands, and by its tags."""
    by_number = (name for name, count in HANDS.items() if len(frame.hands) >= count)
    by_tag = (
        f"tag {tag}: {value}" if tag in _OWN_WORDS else f"{tag}: {value}"
        for tag, value in frame.record.tags.items()
    )
    return (ALL, *by_number, *by_tag)


def _name_of_hands(group: str, frame: EvaluatedFrame) -> str:
    """Return what a group of single hands is called beside those of the frame's own tags."""
    tag = group.partition(":")[0]
    return f"hand {group}" if tag in (*_OWN_WORDS, *frame.record.tags) else group


class RatioAccumulator:
    """Numerators and denominators of all ratios, by group and sequence."""

    def __init__(self, models: int) -> None:
        self._shape = models, len(NAMES), 2
        self._sums: dict[str, dict[str, np.ndarray]] = {}
        self._frames: dict[str, int] = {}

    def add(self, frames: tuple[EvaluatedFrame, ...]) -> None:
        """Add one frame, answered by every model."""
        parts = np.array([_parts(frame) for frame in frames])
        for group in groups_of(frames[0]):
            self._add(group, frames[0].record.sequence, parts)
        if not frames[0].has_hand:
            return
        for size in SIZES:
            own = np.array([_parts_of_size(frame, size) for frame in frames])
            if own.any():
                self._add(f"size: {size}", frames[0].record.sequence, own)
        for group in dict.fromkeys(name for hand in frames[0].hands for name in hand.groups):
            own = np.array([_parts_of_hands(frame, group) for frame in frames])
            self._add(_name_of_hands(group, frames[0]), frames[0].record.sequence, own)

    def _add(self, group: str, sequence: str, parts: np.ndarray) -> None:
        sums = self._sums.setdefault(group, {})
        sums.setdefault(sequence, np.zeros(self._shape))
        sums[sequence] += parts
        self._frames[group] = self._frames.get(group, 0) + 1

    def groups(self) -> list[str]:
        """Return the names of all groups: all, sizes from small to large, then tags by name."""
        sizes = [f"size: {size}" for size in SIZES]
        first = [name for name in (ALL, *sizes) if name in self._sums]
        return [*first, *sorted(set(self._sums) - set(first))]

    def frames(self, group: str) -> int:
        """Return how many frames have a part in a group."""
        return self._frames[group]

    def sums(self, group: str) -> np.ndarray:
        """Return the sums of each sequence, by its name: float64 (S, models, figures, 2)."""
        sequences = self._sums[group]
        return np.stack([sequences[name] for name in sorted(sequences)])


def _parts(frame: EvaluatedFrame) -> list[tuple[float, float]]:
    return _pairs(
        [figure.contribution(frame) for figure in FRAME_METRICS],
        [figure.contribution(frame.hands) for figure in HAND_METRICS],
    )


def _parts_of_size(frame: EvaluatedFrame, size: str) -> list[tuple[float, float]]:
    """Return a frame's parts in a group of sizes.

    Figures of whole frames go by the size of all hands of the frame together, figures of single
    hands by the hand's own.
    """
    area = size_of(sum(hand.area for hand in frame.record.judged), frame.record.shape)
    hands = [hand for hand in frame.hands if size_name(hand.size) == size]
    is_own = size_name(area) == size
    return _pairs(
        [figure.contribution(frame) if is_own else NO_CONTRIBUTION for figure in FRAME_METRICS],
        [figure.contribution(hands) for figure in HAND_METRICS],
    )


def _parts_of_hands(frame: EvaluatedFrame, group: str) -> list[tuple[float, float]]:
    """Return a frame's parts in a group of single hands: metrics of whole frames have none."""
    hands = [hand for hand in frame.hands if group in hand.groups]
    return _pairs(
        [NO_CONTRIBUTION] * len(FRAME_METRICS),
        [metric.contribution(hands) for metric in HAND_METRICS],
    )


def _pairs(*parts: Iterable[Contribution]) -> list[tuple[float, float]]:
    return [(part.numerator, part.denominator) for some in parts for part in some]
