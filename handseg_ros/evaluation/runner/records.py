"""What is kept of an answered frame: numbers and run lengths, a line of JSON each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.run_lengths import RunLength
from handseg_ros.evaluation.boundary import BoundaryMatch
from handseg_ros.evaluation.instance_matching import Match
from handseg_ros.evaluation.overlap import Overlap
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.run_lengths import check_counts
from handseg_ros.segmentation.validation import as_json, read_json_as


@dataclass(frozen=True)
class TargetHand:
    """A labelled hand, or all hands of a frame together: its mask as `run_lengths.to_text`.

    `track` is None where it is not labelled. `ignored`: see `GroundTruth`; hands too small to
    judge a model by are ignored too. `tags` are words by which metrics of hands are broken down.
    """

    runs: str
    area: int
    side: Side
    track: int | None
    ignored: bool
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PredictedHand:
    """A hand that a model found.

    `area` counts its pixels outside ignored areas, `right` those that are a known hand's.
    """

    runs: str
    score: float
    side: Side
    area: int
    right: int


@dataclass(frozen=True)
class FramePrediction:
    """What one model made of a frame.

    `fates` has one entry for each known hand that is not ignored. `overlap` and `outlines` (at
    each tolerance) are those of all found and all known hands together, outside ignored areas, as
    is `objects`, where the frame's objects are labelled and the model knows objects. What compares
    is empty for a frame without a label.
    """

    hands: tuple[PredictedHand, ...]
    fates: tuple[Match, ...]
    overlap: Overlap
    outlines: tuple[BoundaryMatch, ...]
    objects: Overlap | None


@dataclass(frozen=True)
class FrameRecord:
    """One frame with what is known of it and what each model answered, in the models' order.

    `digest` tells the frame and its label from others. `known` is empty for a frame without hands,
    and for one without a label, which is not `labelled`.
    """

    name: str
    sequence: str
    tags: Mapping[str, str]
    height: int
    width: int
    digest: int
    labelled: bool
    has_instances: bool
    known: tuple[TargetHand, ...]
    answers: tuple[FramePrediction, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @cached_property
    def judged(self) -> tuple[TargetHand, ...]:
        """The known hands that are not ignored."""
        return tuple(hand for hand in self.known if not hand.ignored)

    @cached_property
    def known_runs(self) -> tuple[RunLength, ...]:
        """The masks of all known hands."""
        return tuple(run_lengths.from_text(hand.runs, self.shape) for hand in self.known)

    def found_runs(self, model: int) -> tuple[RunLength, ...]:
        """Return the masks of the hands that a model found."""
        hands = self.answers[model].hands
        return tuple(run_lengths.from_text(hand.runs, self.shape) for hand in hands)


def to_line(record: FrameRecord) -> bytes:
    """Return a record as one line of JSON, always the same for the same record."""
    return as_json(record) + b"\n"


def from_line(line: bytes) -> FrameRecord:
    """Return the record of a line; raises ValueError for any other text.

    Its run lengths are checked, as pycocotools does not, and would end the process by them.
    """
    record = read_json_as(FrameRecord, line)
    texts = [hand.runs for hand in record.known]
    texts += [hand.runs for answer in record.answers for hand in answer.hands]
    for text in texts:
        check_counts(run_lengths.counts_in(text), record.shape)
    return record
