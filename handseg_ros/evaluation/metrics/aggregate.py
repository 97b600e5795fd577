"""From records to results: every frame is read once, added up and let go."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.average_precision import RECALLS
from handseg_ros.evaluation.metrics.bootstrap import (
    FEW_SEQUENCES,
    interval,
    p_value,
    ratios,
    resampled_ratios,
)
from handseg_ros.evaluation.metrics.metric import EvaluatedFrame
from handseg_ros.evaluation.metrics.neighbours import with_neighbours
from handseg_ros.evaluation.metrics.precision_accumulator import KINDS, PrecisionAccumulator
from handseg_ros.evaluation.metrics.ratio_accumulator import ALL, NAMES, RatioAccumulator
from handseg_ros.evaluation.metrics.results import (
    Counts,
    Curve,
    Difference,
    Estimate,
    FalsePositiveArea,
    FrameIou,
    GroupResult,
    Results,
)
from handseg_ros.evaluation.runner.records import FrameRecord


@dataclass(frozen=True)
class _Measured:
    """One figure of one group: value (models) and resampled values (R, models) or None.

    `sequences` is how many the resamples were drawn from.
    """

    name: str
    values: np.ndarray
    resampled: np.ndarray | None
    sequences: int


def aggregate(records: Iterable[FrameRecord], models: int) -> Results:
    """Return the results of all records, each answered by `models` models.

    Raises HandsegError when pycocotools is missing.
    """
    ratio_tally, precision_accumulator, kept = (
        RatioAccumulator(models),
        PrecisionAccumulator(models),
        _Kept(models),
    )
    for frames in with_neighbours(records, models):
        kept.count(frames[0])
        if frames[0].record.labelled:
            ratio_tally.add(frames)
            precision_accumulator.add(frames)
            kept.add(frames)
    groups = {
        group: _group_result(group, ratio_tally, precision_accumulator)
        for group in ratio_tally.groups()
    }
    best = precision_accumulator.precisions(ALL, "segm")
    hand_curves = [
        Curve(tuple(RECALLS.tolist()), tuple(one.average.curve.tolist())) for one in best or ()
    ]
    return Results(
        kept.counts(),
        groups,
        tuple(kept.frames),
        tuple(kept.marked),
        tuple(kept.pixel_curve(model) for model in range(models)),
        tuple(hand_curves) or (None,) * models,
    )


def _group_result(
    group: str, tally: RatioAccumulator, precision: PrecisionAccumulator
) -> GroupResult:
    sums = tally.sums(group)
    measured = [*_measured_ratios(sums), *_measured_precisions(group, precision)]
    return GroupResult(
        tally.frames(group),
        len(sums),
        {item.name: _estimates(item) for item in measured},
        {item.name: _differences(item) for item in measured if len(item.values) > 1},
    )


def _measured_ratios(sums: np.ndarray) -> list[_Measured]:
    values = ratios(sums.sum(axis=0))
    resampled = resampled_ratios(sums) if len(sums) > 1 else None
    return [
        _Measured(
            name,
            values[:, index],
            None if resampled is None else resampled[:, :, index],
            len(sums),
        )
        for index, name in enumerate(NAMES)
        if np.isfinite(values[:, index]).any()
    ]


def _measured_precisions(group: str, tally: PrecisionAccumulator) -> list[_Measured]:
    measured = []
    for kind, word in KINDS.items():
        found = tally.precisions(group, kind) or []
        sequences = max((item.sequences for item in found), default=0)
        resampled = [item.resampled for item in found if item.resampled is not None]
        for index, name in enumerate(("ap", "ap50", "ap75") if found else ()):
            values = np.array([getattr(item.average, name) for item in found])
            columns = np.stack([rows[:, index] for rows in resampled], 1) if resampled else None
            measured.append(_Measured(f"{word}_{name}", values, columns, sequences))
    return measured


def _estimates(item: _Measured) -> tuple[Estimate | None, ...]:
    return tuple(
        Estimate(
            float(value),
            None if item.resampled is None else interval(item.resampled[:, model]),
        )
        if np.isfinite(value)
        else None
        for model, value in enumerate(item.values)
    )


def _differences(item: _Measured) -> tuple[Difference | None, ...]:
    """Compare every further model with the first; both were resampled by the same draws."""
    differences: list[Difference | None] = []
    for model in range(1, len(item.values)):
        value = float(item.values[model] - item.values[0])
        if not np.isfinite(value):
            differences.append(None)
        elif item.resampled is None:
            differences.append(Difference(value, None, None))
        else:
            resampled = item.resampled[:, model] - item.resampled[:, 0]
            p = p_value(resampled) if item.sequences >= FEW_SEQUENCES else None
            differences.append(Difference(value, interval(resampled), p))
    return tuple(differences)


class _Kept:
    """What is kept of single frames: a few numbers each, for curves and for choosing pictures."""

    def __init__(self, models: int) -> None:
        self.frames: list[FrameIou] = []
        self.marked: list[FalsePositiveArea] = []
        self._answered = self._labelled = self._known_pixels = 0
        self._sequences: set[str] = set()
        self._hands: list[list[tuple[float, int, int]]] = [[] for _ in range(models)]

    def count(self, frame: EvaluatedFrame) -> None:
        self._answered += 1
        self._labelled += frame.record.labelled
        if frame.record.labelled:
            self._sequences.add(frame.record.sequence)

    def add(self, frames: Sequence[EvaluatedFrame]) -> None:
        record = frames[0].record
        if frames[0].is_hand_free:
            pixels = record.height * record.width
            shares = tuple(frame.answer.overlap.found / pixels for frame in frames)
            self.marked.append(FalsePositiveArea(record.name, shares))
        if not frames[0].has_hand:
            return
        ious = tuple(frame.answer.overlap.iou for frame in frames)
        self.frames.append(FrameIou(record.name, ious))
        self._known_pixels += frames[0].answer.overlap.known
        for hands, frame in zip(self._hands, frames, strict=True):
            hands += [(hand.score, hand.right, hand.area) for hand in frame.answer.hands]

    def counts(self) -> Counts:
        return Counts(
            self._answered,
            self._labelled,
            len(self.frames),
            len(self.marked),
            len(self._sequences),
        )

    def pixel_curve(self, model: int) -> Curve:
        """Return precision and recall of the pixels of the most certain hands, more and more."""
        rows = np.array(sorted(self._hands[model], key=lambda hand: -hand[0])).reshape(-1, 3)
        right, area = np.cumsum(rows[:, 1]), np.cumsum(rows[:, 2])
        recall, precision = right / max(1, self._known_pixels), right / np.maximum(1, area)
        # A curve of a hundred points is drawn, however many hands there are.
        shown = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), 101)).round().astype(int))
        return Curve(tuple(recall[shown].tolist()), tuple(precision[shown].tolist()))
