"""What is marked where there is no hand: the figures of labelled frames without any.

The rate's limit is that of the model card (`metrics.FALSE_POSITIVE_LIMIT`).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)
from handseg_ros.evaluation.overlap import FALSE_POSITIVE_LIMIT


def _marked(frame: EvaluatedFrame) -> float:
    return frame.answer.overlap.found / (frame.record.height * frame.record.width)


def _area(frame: EvaluatedFrame) -> Contribution:
    return Contribution(_marked(frame), 1.0) if frame.is_hand_free else NO_CONTRIBUTION


def _left_alone(frame: EvaluatedFrame) -> Contribution:
    if not frame.is_hand_free:
        return NO_CONTRIBUTION
    return Contribution(float(not frame.answer.hands), 1.0)


def _rate(frame: EvaluatedFrame) -> Contribution:
    return (
        Contribution(float(_marked(frame) > FALSE_POSITIVE_LIMIT), 1.0)
        if frame.is_hand_free
        else NO_CONTRIBUTION
    )


FALSE_AREA = FrameMetric(
    "false_area",
    "false-positive area",
    "Share of the pixels that are marked as hand, averaged over labelled frames without a hand; "
    "less is better",
    "own",
    _area,
)
FALSE_RATE = FrameMetric(
    "false_rate",
    "false-positive rate",
    "Share of the labelled frames without a hand of which more than "
    f"{FALSE_POSITIVE_LIMIT:.1%} of the pixels are marked as hand; less is better",
    "own; the limit is the model card's",
    _rate,
)
LEFT_ALONE = FrameMetric(
    "left_alone",
    "left alone",
    "Share of the labelled frames without a hand in which no hand is reported",
    "own",
    _left_alone,
)
