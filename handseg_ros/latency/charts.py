"""The curves of a playback: latency as time goes by, and how many answers came by when."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handseg_ros.evaluation.report.drawing import MOST_POINTS, Chart, Values, make_chart
from handseg_ros.latency.metrics import ImageLatency, StreamLog, image_latencies


def make_charts(labels: Sequence[str], seen: Sequence[StreamLog]) -> list[Chart]:
    """Return the drawings of what was seen with each model; none where nothing was answered."""
    played = [image_latencies(item) for item in seen]
    if not any(item.latency for own in played for item in own):
        return []
    return [_latency(labels, played), _arrival(labels, played), _dropped(labels, played)]


def _latency(labels: Sequence[str], played: Sequence[Sequence[ImageLatency]]) -> Chart:
    """The largest of each stretch, as what is late is what a robot suffers from."""
    lines = []
    for index, (label, own) in enumerate(zip(labels, played, strict=True)):
        answered = [(item.sent, item.latency) for item in own if item.latency is not None]
        stretches = [answered[part[0] : part[-1] + 1] for part in _stretches(len(answered))]
        x = [stretch[0][0] for stretch in stretches]
        y = [max(latency for _, latency in stretch) for stretch in stretches]
        lines.append(Values(label, index, x, y))
    return make_chart("Latency of the answers", "seconds", "ms", lines, _most(lines))


def _arrival(labels: Sequence[str], played: Sequence[Sequence[ImageLatency]]) -> Chart:
    """Share of all images that are answered within a time; its end is the share answered."""
    lines = []
    for index, (label, own) in enumerate(zip(labels, played, strict=True)):
        latencies = [item.latency for item in own if item.latency is not None]
        shares = np.linspace(0, 1, min(len(latencies), MOST_POINTS)) if latencies else np.zeros(0)
        x = np.quantile(latencies, shares).tolist() if latencies else []
        y = (shares * len(latencies) / len(own)).tolist() if own else []
        lines.append(Values(label, index, x, y))
    most = _most(lines)[0], 1.0
    return make_chart("Images answered within a time", "ms", "share of images", lines, most)


def _dropped(labels: Sequence[str], played: Sequence[Sequence[ImageLatency]]) -> Chart:
    lines = []
    for index, (label, own) in enumerate(zip(labels, played, strict=True)):
        drops = np.cumsum([item.latency is None for item in own])
        chosen = [int(part[-1]) for part in _stretches(len(own))]
        x = [own[number].sent for number in chosen]
        lines.append(Values(label, index, x, [float(drops[number]) for number in chosen]))
    return make_chart("Images dropped so far", "seconds", "images", lines, _most(lines))


def _stretches(count: int) -> list[np.ndarray]:
    return np.array_split(np.arange(count), min(count, MOST_POINTS)) if count else []


def _most(lines: Sequence[Values]) -> tuple[float, float]:
    """Return how far the axes must reach, at least 1 each."""
    x = max((max(line.x, default=0.0) for line in lines), default=0.0)
    y = max((max(line.y, default=0.0) for line in lines), default=0.0)
    return max(1.0, x), max(1.0, y)
