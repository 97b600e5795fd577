"""The figures of a playback as words: what each is called, means, and comes to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handseg_ros.evaluation.report.view import Cell
from handseg_ros.latency.metrics import LatencyMetrics, Spread


@dataclass(frozen=True)
class LatencyMetric:
    """A figure's title and meaning, and its value in words."""

    title: str
    meaning: str
    cell: Callable[[LatencyMetrics], Cell]


@dataclass(frozen=True)
class Row:
    """One figure with a cell for each model."""

    title: str
    meaning: str
    cells: tuple[Cell, ...]


def _spread(of: Callable[[LatencyMetrics], Spread]) -> Callable[[LatencyMetrics], Cell]:
    def cell(figures: LatencyMetrics) -> Cell:
        spread = of(figures)
        if spread.median is None:
            return Cell("no answer")
        note = (
            f"90 % below {spread.p90:.1f}, 99 % below {spread.p99:.1f}, "
            f"largest {spread.largest:.1f}"
        )
        return Cell(f"median {spread.median:.1f} ms", note)

    return cell


def _share(count: int, images: int) -> Cell:
    return Cell(str(count), f"{count / images:.1%}" if images else "")


def _rate(figures: LatencyMetrics) -> Cell:
    return Cell("unknown" if figures.rate is None else f"{figures.rate:.1f} Hz")


METRICS = (
    LatencyMetric(
        "images", "Images of the bag that were sent", lambda item: Cell(str(item.images))
    ),
    LatencyMetric(
        "answered",
        "Images that were answered, with an answer of the image's own stamp",
        lambda item: _share(item.answered, item.images),
    ),
    LatencyMetric(
        "dropped",
        "Images that were not: a newer one took their place, or they could not be used",
        lambda item: _share(item.dropped, item.images),
    ),
    LatencyMetric(
        "answers of unknown stamp",
        "Answers whose stamp is no image's; there must be none",
        lambda item: Cell(str(item.unmatched)),
    ),
    LatencyMetric("rate", "Answers a second, between the first and the last", _rate),
    LatencyMetric(
        "latency",
        "From an image's sending to its answer's publication, by the middleware's own time of it",
        _spread(lambda item: item.latency),
    ),
    LatencyMetric(
        "age at publication",
        "How old an image is, by its stamp and the bag's clock, when its answer is published",
        _spread(lambda item: item.age),
    ),
    LatencyMetric(
        "sent too late by",
        "How far this computer fell behind the bag at most: where it is much, the rest says little",
        lambda item: Cell(f"{item.late:.1f} ms"),
    ),
    LatencyMetric(
        "of a stamp seen before",
        "Images whose stamp another had; they are counted as dropped",
        lambda item: Cell(str(item.repeated)),
    ),
    LatencyMetric(
        "not readable",
        "Messages that are no image; they are not sent",
        lambda item: Cell(str(item.unreadable)),
    ),
)


def rows_of(figures: Sequence[LatencyMetrics]) -> tuple[Row, ...]:
    """Return all figures with their words, a cell for each model's."""
    return tuple(
        Row(item.title, item.meaning, tuple(item.cell(own) for own in figures)) for item in METRICS
    )
