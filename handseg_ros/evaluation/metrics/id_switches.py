"""Whether a hand that is followed through frames keeps its identity.

Definition: the mismatches of Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking
Performance: The CLEAR MOT Metrics", EURASIP JIVP 2008: a labelled track is matched with another
found identity than the last that it was matched with. Their ratio is that of mismatches to labelled
hands. Models answer each frame on its own, so identities are given to their hands here, by overlap
with the hands of the frame before, as in Bochinski et al., "High-Speed Tracking-by-Detection
Without Using Image Information", AVSS 2017.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.run_lengths import RunLength
from handseg_ros.evaluation.instance_matching import match
from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)
from handseg_ros.evaluation.runner.records import FrameRecord


class IdentityTracker:
    """Follows one model's hands, and counts labelled tracks whose identity changes."""

    def __init__(self, model: int) -> None:
        self._model = model
        self._given = 0
        self._sequence: str | None = None
        self._forget()

    def _forget(self) -> None:
        self._runs: Sequence[RunLength] = ()
        self._ids: list[int] = []
        self._of_track: dict[int, int] = {}

    def follow(self, record: FrameRecord) -> int:
        """Take the next frame and return how many of its tracks changed their identity."""
        if record.sequence != self._sequence:
            self._forget()
            self._sequence = record.sequence
        answer = record.answers[self._model]
        runs = record.found_runs(self._model)
        self._ids = self._linked(runs, [hand.score for hand in answer.hands])
        self._runs = runs
        switches = 0
        for known, fate in zip(record.judged, answer.fates, strict=False):
            if known.track is not None and fate.finder is not None:
                identity = self._ids[fate.finder]
                switches += self._of_track.get(known.track, identity) != identity
                self._of_track[known.track] = identity
        return switches

    def _linked(self, runs: Sequence[RunLength], scores: Sequence[float]) -> list[int]:
        """Return an identity for each found hand: that of the hand it continues, or a new one."""
        successors = match(run_lengths.iou(runs, self._runs), scores)
        followed = {
            successor: identity
            for successor, identity in zip(successors, self._ids, strict=True)
            if successor is not None
        }
        ids = []
        for row in range(len(runs)):
            if row not in followed:
                self._given += 1
            ids.append(followed.get(row, self._given))
        return ids


def _switches(frame: EvaluatedFrame) -> Contribution:
    tracked = sum(hand.track is not None for hand in frame.record.judged)
    return Contribution(float(frame.switches), float(tracked)) if tracked else NO_CONTRIBUTION


IDENTITY_SWITCHES = FrameMetric(
    "identity_switches",
    "identity switches",
    "How often a labelled track's found hand does not continue the one it was matched with before, "
    "per labelled hand; found hands are continued by overlap from frame to frame; less is better",
    "mismatches of [4]; found hands are followed as in [5]",
    _switches,
)
