"""Collects what COCO's AP needs of every frame: verdicts without masks, judged in pieces."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.average_precision import (
    Judged,
    MaskAp,
    RunLengths,
    Shape,
    average_precision,
    join,
    judge,
    resampled_precision,
)
from handseg_ros.evaluation.metrics.bootstrap import draws
from handseg_ros.evaluation.metrics.metric import EvaluatedFrame
from handseg_ros.evaluation.metrics.ratio_accumulator import groups_of

# What is compared, and what its figures' names begin with.
KINDS: dict[Shape, str] = {"segm": "mask", "bbox": "box"}
# Fewer than other figures have, as each of them sorts all hands through ten thresholds.
RESAMPLES = 200
_PIECE = 200


@dataclass(frozen=True)
class Precision:
    """A model's AP in a group, and AP, AP50 and AP75 of resamples: float64 (RESAMPLES, 3).

    `sequences` is how many there were to draw from.
    """

    average: MaskAp
    resampled: np.ndarray | None
    sequences: int


class PrecisionAccumulator:
    """Verdicts on all frames whose single hands are labelled."""

    def __init__(self, models: int) -> None:
        self._models = models
        self._waiting: list[tuple[RunLengths, ...]] = []
        self._judged: dict[tuple[Shape, int], list[Judged]] = {
            (kind, model): [] for kind in KINDS for model in range(models)
        }
        self._sequences = array("l")
        self._numbers: dict[str, int] = {}
        self._members: dict[str, array[int]] = {}

    def add(self, frames: tuple[EvaluatedFrame, ...]) -> None:
        """Add one frame, answered by every model."""
        record = frames[0].record
        if not record.has_instances:
            return
        for group in groups_of(frames[0]):
            self._members.setdefault(group, array("l")).append(len(self._sequences))
        self._sequences.append(self._numbers.setdefault(record.sequence, len(self._numbers)))
        self._waiting.append(tuple(_runs(frame, model) for model, frame in enumerate(frames)))
        if len(self._waiting) >= _PIECE:
            self._judge()

    def _judge(self) -> None:
        for (kind, model), pieces in self._judged.items():
            pieces.append(judge([frames[model] for frames in self._waiting], kind))
        self._waiting.clear()

    def precisions(self, group: str, kind: Shape) -> list[Precision] | None:
        """Return the AP of each model; None where no hand of the group is labelled on its own."""
        self._judge()
        chosen = np.zeros(len(self._sequences), bool)
        chosen[np.array(self._members.get(group, ()), int)] = True
        all_judged = [join(self._judged[kind, model]) for model in range(self._models)]
        judged = [item.only(chosen) for item in all_judged]
        if not judged[0].known.any():
            return None
        owners = np.array(self._sequences)
        drawn, numbers = np.unique(owners[chosen], return_inverse=True)
        owners[chosen] = numbers
        owners[~chosen] = 0  # without a hand, they add nothing
        return [
            Precision(average_precision(item), _resampled(item, owners, len(drawn)), len(drawn))
            for item in judged
        ]


def _resampled(judged: Judged, owners: np.ndarray, sequences: int) -> np.ndarray | None:
    if sequences < 2:
        return None
    pieces = draws(sequences, RESAMPLES)
    return np.concatenate([resampled_precision(judged, owners, weights) for weights in pieces])


def _runs(frame: EvaluatedFrame, model: int) -> RunLengths:
    record = frame.record
    return RunLengths(
        record.shape,
        record.found_runs(model),
        tuple(hand.score for hand in frame.answer.hands),
        record.known_runs,
        tuple(hand.ignored for hand in record.known),
    )
