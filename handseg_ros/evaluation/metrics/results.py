"""What the figures of a set come to, ready to be shown: numbers only, no frames."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handseg_ros.evaluation.metrics.bootstrap import FEW_SEQUENCES, Interval


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval, None where it cannot be told (see `Results.why_no_interval`)."""

    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Difference:
    """How much larger a figure is than the first model's, by a paired bootstrap over sequences.

    `p_value` is None where there are too few (see `Results.why_no_p_value`).
    """

    value: float
    interval: Interval | None
    p_value: float | None


@dataclass(frozen=True)
class GroupResult:
    """The figures of a group of frames, by name; those without a frame to measure are left out.

    Each has one entry for each model, None where this model has none. `differences` has one for
    each model after the first.
    """

    frames: int
    sequences: int
    figures: Mapping[str, tuple[Estimate | None, ...]]
    differences: Mapping[str, tuple[Difference | None, ...]]


@dataclass(frozen=True, slots=True)
class FrameIou:
    """The hand-only IoU of one frame that has a hand, for each model."""

    name: str
    ious: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FalsePositiveArea:
    """The share of the pixels of a frame without hands that each model marks."""

    name: str
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """Precision at each recall, both 0 to 1."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]


@dataclass(frozen=True)
class Counts:
    """How many frames there were: all that were answered, and of those with a label some kinds."""

    answered: int
    labelled: int
    with_hands: int
    hand_free: int
    sequences: int


@dataclass(frozen=True)
class Results:
    """All of one evaluation. `groups` begins with "all"; curves have one entry a model."""

    counts: Counts
    groups: Mapping[str, GroupResult]
    frames: tuple[FrameIou, ...]
    marked: tuple[FalsePositiveArea, ...]
    pixel_curves: tuple[Curve, ...]
    hand_curves: tuple[Curve | None, ...]

    @property
    def why_no_p_value(self) -> str:
        """Why differences have no p-value, as a sentence; empty where they have."""
        if self.counts.sequences >= FEW_SEQUENCES:
            return ""
        return (
            f"No p-value is given, as there are {self.counts.sequences} sequences: with fewer than "
            f"{FEW_SEQUENCES} the bootstrap takes differences for more certain than they are."
        )

    @property
    def why_no_interval(self) -> str:
        """Why figures have no interval, as a sentence; empty where they have."""
        if self.counts.sequences > 1:
            return ""
        return (
            "No interval and no test of differences is given, as all frames belong to one sequence "
            "and frames of one sequence resemble each other: name more sequences in the data set."
        )
