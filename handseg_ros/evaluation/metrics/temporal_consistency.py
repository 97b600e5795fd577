"""Whether masks flicker: IoU of what is found in neighbouring frames where the labels hold still.

A hand that does not move should not change its mask. Neighbours are frames that follow each other
in one sequence, both labelled. Where nothing is found in either, the pair has no part: finding
nothing is not consistency.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.run_lengths import RunLength
from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)
from handseg_ros.evaluation.runner.records import FrameRecord

# Labels whose IoU is this or more hold still.
STILL = 0.95


def labels_are_still(before: FrameRecord | None, record: FrameRecord) -> bool:
    """Return whether two frames are neighbours with hands whose labels agree."""
    if before is None or before.sequence != record.sequence or before.shape != record.shape:
        return False
    return _iou(before.known_runs, record.known_runs) >= STILL


def temporal_iou(before: FrameRecord, record: FrameRecord, model: int) -> float | None:
    """Return the IoU of what a model found in two frames; None where it found nothing in either."""
    found = before.found_runs(model), record.found_runs(model)
    return _iou(*found) if any(found) else None


def _iou(one: Sequence[RunLength], other: Sequence[RunLength]) -> float:
    if not (one and other):
        return 0.0
    return float(run_lengths.iou([run_lengths.union(one)], [run_lengths.union(other)])[0, 0])


def _steady(frame: EvaluatedFrame) -> Contribution:
    return NO_CONTRIBUTION if frame.temporal_iou is None else Contribution(frame.temporal_iou, 1.0)


NEIGHBOUR_IOU = FrameMetric(
    "neighbour_iou",
    "temporal consistency",
    "IoU of the found pixels of neighbouring frames of a sequence, averaged over those in which "
    f"the labels hold still (their IoU is {STILL} or more); 1 is no flicker",
    "own, of [1]",
    _steady,
)
