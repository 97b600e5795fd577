"""The boundary F-score as a figure, on frames that have a hand; its definition: `boundary.py`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)
from handseg_ros.evaluation.runner.comparison import NEAR_PIXELS, NEAR_SHARE


def _near_in_pixels(frame: EvaluatedFrame) -> Contribution:
    return (
        Contribution(frame.answer.outlines[0].f_score, 1.0) if frame.has_hand else NO_CONTRIBUTION
    )


def _near_in_share(frame: EvaluatedFrame) -> Contribution:
    return (
        Contribution(frame.answer.outlines[1].f_score, 1.0) if frame.has_hand else NO_CONTRIBUTION
    )


BOUNDARY_PIXELS = FrameMetric(
    "boundary_2px",
    f"boundary F-score, {NEAR_PIXELS} pixels",
    "Harmonic mean of the shares of the found outline near the known one and of the known one near "
    f"the found one, near being {NEAR_PIXELS} pixels, averaged over frames that have a hand",
    "[3], section 4",
    _near_in_pixels,
)
BOUNDARY_SHARE = FrameMetric(
    "boundary_diagonal",
    f"boundary F-score, {NEAR_SHARE:.2%} of the diagonal",
    f"The same, near being {NEAR_SHARE:.2%} of the frame's diagonal, rounded up to whole pixels",
    "[3], section 4",
    _near_in_share,
)
