"""Puts records in the order of time beside their neighbours: one pass, one frame kept."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handseg_ros.evaluation.instance_matching import size_of
from handseg_ros.evaluation.metrics.id_switches import IdentityTracker
from handseg_ros.evaluation.metrics.metric import EvaluatedFrame, EvaluatedHand
from handseg_ros.evaluation.metrics.temporal_consistency import labels_are_still, temporal_iou
from handseg_ros.evaluation.runner.records import FrameRecord


def with_neighbours(
    records: Iterable[FrameRecord], models: int
) -> Iterator[tuple[EvaluatedFrame, ...]]:
    """Yield each frame once for every model, in the records' own order."""
    identities = [IdentityTracker(model) for model in range(models)]
    before: FrameRecord | None = None
    for record in records:
        still = before if labels_are_still(before, record) else None
        yield tuple(
            EvaluatedFrame(
                record,
                record.answers[model],
                _judged_hands(record, model),
                None if still is None else temporal_iou(still, record, model),
                identities[model].follow(record),
            )
            for model in range(models)
        )
        before = record


def _judged_hands(record: FrameRecord, model: int) -> tuple[EvaluatedHand, ...]:
    if not record.has_instances:
        return ()
    answer = record.answers[model]
    return tuple(
        EvaluatedHand(
            size_of(hand.area, record.shape),
            fate.iou,
            hand.side,
            None if fate.finder is None else answer.hands[fate.finder].side,
            tuple(f"{tag}: {value}" for tag, value in hand.tags.items()),
        )
        for hand, fate in zip(record.judged, answer.fates, strict=True)
    )
