"""Collects what COCO's AP needs of every frame: verdicts without masks, judged in pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.figures.bootstrap import draws
from handseg_ros.evaluation.figures.parts import AnsweredFrame
from handseg_ros.evaluation.figures.ratio_tally import groups_of
from handseg_ros.evaluation.mask_ap import (
    Judged,
    MaskAp,
    RunLengths,
    Shape,
    average_precision,
    judge,
    resampled_precision,
)

# What is compared, and what its figures' names begin with.
KINDS: dict[Shape, str] = {"segm": "mask", "bbox": "box"}
# Fewer than other figures have, as each of them sorts all hands through ten thresholds.
RESAMPLES = 200
_PIECE = 200


@dataclass(frozen=True)
class Precision:
    """A model's AP in a group, and AP, AP50 and AP75 of resamples: float64 (RESAMPLES, 3)."""

    average: MaskAp
    resampled: np.ndarray | None


class PrecisionTally:
    """Verdicts on all frames whose single hands are labelled."""

    def __init__(self, models: int) -> None:
        self._models = models
        self._waiting: list[tuple[RunLengths, ...]] = []
        self._judged: dict[tuple[Shape, int], list[Judged]] = {
            (kind, model): [] for kind in KINDS for model in range(models)
        }
        self._sequences: list[str] = []
        self._members: dict[str, list[int]] = {}

    def add(self, frames: tuple[AnsweredFrame, ...]) -> None:
        """Add one frame, answered by every model."""
        if not frames[0].record.has_instances:
            return
        for group in groups_of(frames[0]):
            self._members.setdefault(group, []).append(len(self._sequences))
        self._sequences.append(frames[0].record.sequence)
        self._waiting.append(tuple(_runs(frame, model) for model, frame in enumerate(frames)))
        if len(self._waiting) >= _PIECE:
            self._judge()

    def _judge(self) -> None:
        for (kind, model), judged in self._judged.items():
            judged += judge([frames[model] for frames in self._waiting], kind)
        self._waiting.clear()

    def precisions(self, group: str, kind: Shape) -> list[Precision] | None:
        """Return the AP of each model; None where no hand of the group is labelled on its own."""
        self._judge()
        members = self._members.get(group, [])
        chosen = [
            [self._judged[kind, model][place] for place in members] for model in range(self._models)
        ]
        if not any(frame.known for frame in chosen[0]):
            return None
        names, owners = np.unique(
            [self._sequences[place] for place in members], return_inverse=True
        )
        return [
            Precision(average_precision(frames), _resampled(frames, owners, len(names)))
            for frames in chosen
        ]


def _resampled(frames: list[Judged], owners: np.ndarray, sequences: int) -> np.ndarray | None:
    if sequences < 2:
        return None
    pieces = draws(sequences, RESAMPLES)
    return np.concatenate([resampled_precision(frames, owners, weights) for weights in pieces])


def _runs(frame: AnsweredFrame, model: int) -> RunLengths:
    record = frame.record
    return RunLengths(
        record.shape,
        record.found_runs(model),
        tuple(hand.score for hand in frame.answer.hands),
        record.known_runs,
        tuple(hand.ignored for hand in record.known),
    )
