"""The curves of a report: of what was found, and of the time it took."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handseg_ros.evaluation.metrics.results import FrameIou, Results
from handseg_ros.evaluation.report.drawing import MOST_POINTS, Chart, Values, make_chart
from handseg_ros.evaluation.report.timings import Times

_BINS = 20


def make_charts(labels: Sequence[str], results: Results, times: Times) -> list[Chart]:
    """Return all charts that the results allow."""
    charts = [_histogram(labels, results.frames)] if results.frames else []
    curves = [
        Values(label, index, curve.recall, curve.precision)
        for index, (label, curve) in enumerate(zip(labels, results.pixel_curves, strict=True))
    ]
    if any(curve.x for curve in curves):
        title = "Pixels: precision and recall, from the most certain hand to all"
        charts.append(make_chart(title, "recall", "precision", curves, (1.0, 1.0)))
    hands = [
        Values(label, index, curve.recall, curve.precision)
        for index, (label, curve) in enumerate(zip(labels, results.hand_curves, strict=True))
        if curve is not None
    ]
    if hands:
        title = "Hands: COCO's precision and recall at IoU 0.50"
        charts.append(make_chart(title, "recall", "precision", hands, (1.0, 1.0)))
    charts += [
        _differences(label, index, results.frames)
        for index, label in enumerate(labels[1:], start=1)
        if results.frames
    ]
    return [*charts, _latency(labels, times)]


def _histogram(labels: Sequence[str], frames: Sequence[FrameIou]) -> Chart:
    edges = np.linspace(0, 1, _BINS + 1)
    lines = []
    for index, label in enumerate(labels):
        counts, _ = np.histogram([item.ious[index] for item in frames], edges)
        lines.append(_steps(label, index, edges, counts))
    most = max(max(line.y) for line in lines)
    return make_chart("IoU of the frames with hands", "IoU", "frames", lines, (1.0, most))


def _differences(label: str, index: int, frames: Sequence[FrameIou]) -> Chart:
    gains = np.array([item.ious[index] - item.ious[0] for item in frames])
    reach = max(0.05, float(np.ceil(np.abs(gains).max() * 20) / 20))
    edges = np.linspace(-reach, reach, 2 * _BINS + 1)
    line = _steps(label, index, edges, np.histogram(gains, edges)[0])
    title = f"IoU of each frame: {label} minus the first model's"
    return make_chart(title, "difference of IoU", "frames", [line], (reach, max(line.y)), -reach)


def _steps(label: str, model: int, edges: np.ndarray, counts: np.ndarray) -> Values:
    x = [edges[0], *np.repeat(edges[1:-1], 2), edges[-1]]
    return Values(label, model, [float(value) for value in x], np.repeat(counts, 2).tolist())


def _latency(labels: Sequence[str], times: Times) -> Chart:
    """The median of each stretch of frames, so that a long recording stays a small drawing."""
    frames = len(times.reading)
    stretches = np.array_split(np.arange(frames), min(frames, MOST_POINTS))
    x = [float(stretch.mean()) for stretch in stretches]
    lines = [
        Values(label, index, x, [float(np.median(total[part]) * 1e3) for part in stretches])
        for index, (label, total) in enumerate(zip(labels, times.totals, strict=True))
    ]
    most = max(max(line.y) for line in lines)
    return make_chart("Time for each frame", "frame", "ms", lines, (max(1, frames - 1), most))
