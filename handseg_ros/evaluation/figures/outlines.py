"""The boundary F-score as a figure, on frames that have a hand; its definition: `boundary.py`."""

from __future__ import annotations

from handseg_ros.evaluation.figures.parts import NO_PART, AnsweredFrame, FrameFigure, Part
from handseg_ros.evaluation.replay.comparing import NEAR_PIXELS, NEAR_SHARE


def _near_in_pixels(frame: AnsweredFrame) -> Part:
    return Part(frame.answer.outlines[0].f_score, 1.0) if frame.has_hand else NO_PART


def _near_in_share(frame: AnsweredFrame) -> Part:
    return Part(frame.answer.outlines[1].f_score, 1.0) if frame.has_hand else NO_PART


BOUNDARY_PIXELS = FrameFigure(
    "boundary_2px",
    f"boundary F-score, {NEAR_PIXELS} pixels",
    "Harmonic mean of the shares of the found outline near the known one and of the known one near "
    f"the found one, near being {NEAR_PIXELS} pixels, averaged over frames that have a hand",
    _near_in_pixels,
)
BOUNDARY_SHARE = FrameFigure(
    "boundary_diagonal",
    f"boundary F-score, {NEAR_SHARE:.2%} of the diagonal",
    f"The same, near being {NEAR_SHARE:.2%} of the frame's diagonal, rounded up to whole pixels",
    _near_in_share,
)
