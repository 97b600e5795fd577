"""What a figure is made of: every frame's part in a ratio of sums.

A mean over frames, a share of frames and a share of pixels are all sums over frames divided by
sums over frames. So sums of each sequence are all that a figure and its interval need.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from handseg_ros.evaluation.runner.records import FramePrediction, FrameRecord
from handseg_ros.segmentation.hands import Side


@dataclass(frozen=True)
class Contribution:
    """What one frame adds to a figure's numerator and denominator; zeros where it has no part."""

    numerator: float
    denominator: float


NO_CONTRIBUTION = Contribution(0.0, 0.0)


@dataclass(frozen=True)
class EvaluatedHand:
    """One labelled hand against one model; `size` is that of `instance_matching.size_of`.

    `iou` is its best IoU with any found hand, `reported` the side of the found hand that is it,
    None when it is missed. `groups` are those that its own tags put it in.
    """

    size: float
    iou: float
    side: Side
    reported: Side | None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvaluatedFrame:
    """A frame and one model's answer, with what its neighbour in time adds.

    `hands` is empty where single hands are not labelled. `temporal_iou` is the IoU with what was
    found in the frame before (see temporal_consistency.py), None where it is not defined;
    `switches` counts identities that changed (see id_switches.py).
    """

    record: FrameRecord
    answer: FramePrediction
    hands: tuple[EvaluatedHand, ...]
    temporal_iou: float | None
    switches: int

    @property
    def has_hand(self) -> bool:
        """Whether the frame is labelled and has a hand to be judged by."""
        return bool(self.record.judged)

    @property
    def is_hand_free(self) -> bool:
        """Whether the frame is labelled and has no hand, not even one that is ignored."""
        return self.record.labelled and not self.record.known


@dataclass(frozen=True)
class Metric:
    """How a metric is called, what it means in one sentence, and where that comes from.

    `source` names works by their numbers in docs/evaluation.md, whose table is made of these.
    """

    name: str
    title: str
    meaning: str
    source: str


@dataclass(frozen=True)
class FrameMetric(Metric):
    """A figure of whole frames."""

    contribution: Callable[[EvaluatedFrame], Contribution]


@dataclass(frozen=True)
class HandMetric(Metric):
    """A figure of single labelled hands, which can be asked of some of them only."""

    contribution: Callable[[Sequence[EvaluatedHand]], Contribution]


def share_of(flags: Iterable[bool]) -> Contribution:
    """Return the part of a share: how many of the flags are set."""
    values = list(flags)
    return Contribution(float(sum(values)), float(len(values)))
