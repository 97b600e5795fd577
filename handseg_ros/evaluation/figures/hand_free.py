"""What is marked where there is no hand: the figures of labelled frames without any.

The rate's limit is that of the model card (`metrics.MARKED_SHARE`).
"""

from __future__ import annotations

from handseg_ros.evaluation.figures.parts import NO_PART, AnsweredFrame, FrameFigure, Part
from handseg_ros.evaluation.metrics import MARKED_SHARE


def _marked(frame: AnsweredFrame) -> float:
    return frame.answer.overlap.found / (frame.record.height * frame.record.width)


def _area(frame: AnsweredFrame) -> Part:
    return Part(_marked(frame), 1.0) if frame.is_hand_free else NO_PART


def _rate(frame: AnsweredFrame) -> Part:
    return Part(float(_marked(frame) > MARKED_SHARE), 1.0) if frame.is_hand_free else NO_PART


FALSE_AREA = FrameFigure(
    "false_area",
    "false-positive area",
    "Share of the pixels that are marked as hand, averaged over labelled frames without a hand; "
    "less is better",
    _area,
)
FALSE_RATE = FrameFigure(
    "false_rate",
    "false-positive rate",
    f"Share of the labelled frames without a hand of which more than {MARKED_SHARE:.1%} of the "
    "pixels are marked as hand; less is better",
    _rate,
)
