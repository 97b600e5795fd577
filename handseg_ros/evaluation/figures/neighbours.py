"""Puts records in the order of time beside their neighbours: one pass, one frame kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handseg_ros.evaluation.figures.identities import Identities
from handseg_ros.evaluation.figures.parts import AnsweredFrame, JudgedHand
from handseg_ros.evaluation.figures.steadiness import labels_hold_still, steadiness
from handseg_ros.evaluation.instances import size_of
from handseg_ros.evaluation.replay.records import FrameRecord


def in_order(records: Iterable[FrameRecord], models: int) -> Iterator[tuple[AnsweredFrame, ...]]:
    """Yield each frame once for every model, in the records' own order."""
    identities = [Identities(model) for model in range(models)]
    before: FrameRecord | None = None
    for record in records:
        still = before if labels_hold_still(before, record) else None
        yield tuple(
            AnsweredFrame(
                record,
                record.answers[model],
                _judged_hands(record, model),
                None if still is None else steadiness(still, record, model),
                identities[model].follow(record),
            )
            for model in range(models)
        )
        before = record


def _judged_hands(record: FrameRecord, model: int) -> tuple[JudgedHand, ...]:
    if not record.has_instances:
        return ()
    answer = record.answers[model]
    return tuple(
        JudgedHand(
            size_of(hand.area, record.shape),
            fate.iou,
            hand.side,
            None if fate.finder is None else answer.hands[fate.finder].side,
        )
        for hand, fate in zip(record.judged, answer.fates, strict=True)
    )
