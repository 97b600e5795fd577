"""Results as words: the rows and cells that HTML and Markdown show alike."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handseg_ros.evaluation.metrics import precision_accumulator
from handseg_ros.evaluation.metrics.bootstrap import FEW_SEQUENCES, LEVEL, RESAMPLES, Interval
from handseg_ros.evaluation.metrics.ratio_accumulator import ALL
from handseg_ros.evaluation.metrics.registry import LOWER_IS_BETTER, meanings, titles
from handseg_ros.evaluation.metrics.results import Difference, Estimate, FrameIou, Results
from handseg_ros.evaluation.report.subject import Subject

# What is shown of each group, in this order; scores.json has all.
GROUP_METRICS = (
    "iou",
    "boundary_2px",
    "hand_recall",
    "mask_ap50",
    "side_right",
    "false_rate",
    "neighbour_iou",
)
_MOST_DIFFERENT = 5
NOT_DEFINED = "-"


@dataclass(frozen=True)
class Cell:
    """A number as text, and what is written small beside it."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One figure: a cell for each model, and one for each difference from the first model."""

    title: str
    meaning: str
    cells: tuple[Cell, ...]
    differences: tuple[Cell, ...]


@dataclass(frozen=True)
class GroupRow:
    """One group of frames: a cell for each figure that is shown, and each model."""

    title: str
    frames: int
    sequences: int
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class FrameDifference:
    """One frame's IoU for the first and another model."""

    name: str
    first: str
    other: str
    difference: str


@dataclass(frozen=True)
class Comparison:
    """One further model against the first: frames better and worse, and the extreme ones."""

    label: str
    better: int
    worse: int
    equal: int
    gains: tuple[FrameDifference, ...]
    losses: tuple[FrameDifference, ...]


@dataclass(frozen=True)
class View:
    """All that is shown in words."""

    subject: Subject
    results: Results
    figures: tuple[MetricRow, ...]
    group_titles: tuple[str, ...]
    groups: tuple[GroupRow, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]


def make_view(subject: Subject, results: Results) -> View:
    """Return the results in words."""
    shown = [name for name in GROUP_METRICS if _is_anywhere(name, results)]
    return View(
        subject,
        results,
        _figure_rows(results),
        tuple(titles()[name] for name in shown),
        tuple(_group_row(name, shown, results) for name in results.groups if name != ALL),
        tuple(
            _comparison(label, index, results.frames)
            for index, label in enumerate(subject.labels[1:], start=1)
        ),
        _notes(results, len(subject.models)),
    )


def _is_anywhere(name: str, results: Results) -> bool:
    return any(name in group.figures for group in results.groups.values())


def _figure_rows(results: Results) -> tuple[MetricRow, ...]:
    everything = results.groups[ALL]
    return tuple(
        MetricRow(
            titles()[name],
            meanings()[name],
            tuple(_cell(item) for item in everything.figures[name]),
            tuple(_difference_cell(item) for item in everything.differences.get(name, ())),
        )
        for name in titles()
        if name in everything.figures
    )


def _group_row(group: str, shown: Sequence[str], results: Results) -> GroupRow:
    own = results.groups[group]
    models = len(results.pixel_curves)
    return GroupRow(
        group,
        own.frames,
        own.sequences,
        tuple(
            tuple(_cell(item) for item in own.figures.get(name, (None,) * models)) for name in shown
        ),
    )


def _cell(item: Estimate | None) -> Cell:
    return Cell(NOT_DEFINED) if item is None else Cell(number(item.value), _bounds(item.interval))


def _difference_cell(item: Difference | None) -> Cell:
    if item is None:
        return Cell(NOT_DEFINED)
    bounds = _bounds(item.interval, signed=True)
    test = "" if item.p_value is None else f"p = {item.p_value:.3f}"
    return Cell(signed(item.value), ", ".join(filter(None, [bounds, test])))


def _bounds(interval: Interval | None, signed: bool = False) -> str:
    if interval is None:
        return ""
    low, high = (f"{v:+.3f}" if signed else number(v) for v in (interval.low, interval.high))
    return f"{low} to {high}"


def number(value: float) -> str:
    """Return a figure as text; small ones have a place more, or they would all be 0.000."""
    return f"{value:.4f}" if 0 < value < 0.01 else f"{value:.3f}"


def signed(value: float) -> str:
    """Return a difference as text, with a sign."""
    return f"{value:+.3f}"


def _comparison(label: str, index: int, frames: Sequence[FrameIou]) -> Comparison:
    gains = [(item.ious[index] - item.ious[0], item) for item in frames]
    ordered = sorted(gains, key=lambda gain: (gain[0], gain[1].name))
    rows = [
        FrameDifference(item.name, number(item.ious[0]), number(item.ious[index]), signed(gain))
        for gain, item in ordered
    ]
    better = sum(gain > 0 for gain, _ in gains)
    worse = sum(gain < 0 for gain, _ in gains)
    return Comparison(
        label,
        better,
        worse,
        len(gains) - better - worse,
        tuple(rows[::-1][: min(_MOST_DIFFERENT, better)]),
        tuple(rows[: min(_MOST_DIFFERENT, worse)][::-1]),
    )


def _notes(results: Results, models: int) -> tuple[str, ...]:
    notes = []
    if results.why_no_interval:
        notes.append(results.why_no_interval)
    else:
        text = (
            f"In brackets: {LEVEL:.0%} intervals, by bootstrap over {results.counts.sequences} "
            f"sequences ({RESAMPLES} resamples, {precision_accumulator.RESAMPLES} for AP)"
        )
        few = results.counts.sequences < FEW_SEQUENCES
        notes.append(text + ("; so few sequences make them rough." if few else "."))
        if models > 1 and results.why_no_p_value:
            notes.append(results.why_no_p_value)
        elif models > 1:
            notes.append(
                "Differences are tested by a paired bootstrap over the same sequences; p is "
                "two-sided and not corrected for the number of figures."
            )
    shown = [name for name in results.groups[ALL].figures if name in LOWER_IS_BETTER]
    less = ", ".join(titles()[name] for name in shown)
    notes.append(f"More is better, but for {less}." if less else "More is better.")
    return tuple(notes)
