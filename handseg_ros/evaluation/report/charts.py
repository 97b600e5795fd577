"""Curves as points of an SVG drawing; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.figures.results import FrameIou, Results
from handseg_ros.evaluation.report.times import Times

WIDTH, HEIGHT = 420, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 44
# Told apart by people with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_DASHES = 3
_BINS = 20
_MOST_POINTS = 200


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the drawing's own units, and its number."""

    place: float
    text: str


@dataclass(frozen=True)
class Line:
    """One model's line: `points` as SVG writes them, `dash` one of the template's styles."""

    label: str
    colour: str
    dash: int
    points: str


@dataclass(frozen=True)
class Chart:
    """One drawing of `WIDTH` x `HEIGHT`; `frame` is left, top, right, bottom of its axes."""

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    frame: tuple[int, int, int, int] = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)


@dataclass(frozen=True)
class _Values:
    """One model's line in its own units."""

    label: str
    model: int
    x: Sequence[float]
    y: Sequence[float]


def make_charts(labels: Sequence[str], results: Results, times: Times) -> list[Chart]:
    """Return all charts that the results allow."""
    charts = [_histogram(labels, results.frames)] if results.frames else []
    curves = [
        _Values(label, place, curve.recall, curve.precision)
        for place, (label, curve) in enumerate(zip(labels, results.pixel_curves, strict=True))
    ]
    if any(curve.x for curve in curves):
        title = "Pixels: precision and recall, from the most certain hand to all"
        charts.append(_chart(title, "recall", "precision", curves, (1.0, 1.0)))
    hands = [
        _Values(label, place, curve.recall, curve.precision)
        for place, (label, curve) in enumerate(zip(labels, results.hand_curves, strict=True))
        if curve is not None
    ]
    if hands:
        title = "Hands: COCO's precision and recall at IoU 0.50"
        charts.append(_chart(title, "recall", "precision", hands, (1.0, 1.0)))
    charts += [
        _differences(label, place, results.frames)
        for place, label in enumerate(labels[1:], start=1)
        if results.frames
    ]
    return [*charts, _latency(labels, times)]


def _histogram(labels: Sequence[str], frames: Sequence[FrameIou]) -> Chart:
    edges = np.linspace(0, 1, _BINS + 1)
    lines = []
    for place, label in enumerate(labels):
        counts, _ = np.histogram([item.ious[place] for item in frames], edges)
        lines.append(_steps(label, place, edges, counts))
    most = max(max(line.y) for line in lines)
    return _chart("IoU of the frames with hands", "IoU", "frames", lines, (1.0, most))


def _differences(label: str, place: int, frames: Sequence[FrameIou]) -> Chart:
    gains = np.array([item.ious[place] - item.ious[0] for item in frames])
    reach = max(0.05, float(np.ceil(np.abs(gains).max() * 20) / 20))
    edges = np.linspace(-reach, reach, 2 * _BINS + 1)
    line = _steps(label, place, edges, np.histogram(gains, edges)[0])
    title = f"IoU of each frame: {label} minus the first model's"
    return _chart(title, "difference of IoU", "frames", [line], (reach, max(line.y)), -reach)


def _steps(label: str, model: int, edges: np.ndarray, counts: np.ndarray) -> _Values:
    x = [edges[0], *np.repeat(edges[1:-1], 2), edges[-1]]
    return _Values(label, model, [float(value) for value in x], np.repeat(counts, 2).tolist())


def _latency(labels: Sequence[str], times: Times) -> Chart:
    """The median of each stretch of frames, so that a long recording stays a small drawing."""
    frames = len(times.reading)
    stretches = np.array_split(np.arange(frames), min(frames, _MOST_POINTS))
    x = [float(stretch.mean()) for stretch in stretches]
    lines = [
        _Values(label, place, x, [float(np.median(total[part]) * 1e3) for part in stretches])
        for place, (label, total) in enumerate(zip(labels, times.totals, strict=True))
    ]
    most = max(max(line.y) for line in lines)
    return _chart("Time for each frame", "frame", "ms", lines, (max(1, frames - 1), most))


def _chart(
    title: str,
    x_label: str,
    y_label: str,
    lines: Sequence[_Values],
    most: tuple[float, float],
    least_x: float = 0.0,
) -> Chart:
    x_ticks, y_ticks = _ticks(least_x, most[0]), _ticks(0.0, most[1])
    top = max(most[1], y_ticks[-1])

    def across(value: float) -> float:
        wide = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + wide * (value - least_x) / (most[0] - least_x), 1)

    def up(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    return Chart(
        title,
        x_label,
        y_label,
        tuple(Tick(across(value), f"{value:g}") for value in x_ticks),
        tuple(Tick(up(value), f"{value:g}") for value in y_ticks),
        tuple(
            Line(
                line.label,
                COLOURS[line.model % len(COLOURS)],
                line.model % _DASHES,
                " ".join(f"{across(x)},{up(y)}" for x, y in zip(line.x, line.y, strict=True)),
            )
            for line in lines
        ),
    )


def _ticks(least: float, most: float) -> list[float]:
    """Return four to eight round numbers between two values."""
    step = 10.0 ** np.floor(np.log10(most - least))
    while (most - least) / step < 4:
        step /= 2
    first = np.ceil(least / step - 1e-9)
    count = int(np.floor((most - least) / step + 1e-9))
    return [float(round((first + place) * step, 9)) + 0.0 for place in range(count + 1)]
