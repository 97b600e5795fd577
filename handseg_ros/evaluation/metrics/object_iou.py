"""How well found pixels are those of objects: IoU, where objects are labelled and known.

Definition as in `pixels.py`, of the class object; frames without objects have no part.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)


def _iou(frame: EvaluatedFrame) -> Contribution:
    counts = frame.answer.objects
    return Contribution(counts.iou, 1.0) if counts is not None and counts.known else NO_CONTRIBUTION


OBJECT_IOU = FrameMetric(
    "object_iou",
    "object IoU, mean over frames",
    "Found and known object pixels: those in both over those in either, averaged over frames whose "
    "label has an object, for models that know objects",
    "[1], section 4.4",
    _iou,
)
