"""`timings.json`: where the time went, and what scoring adds to answering."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from handseg_ros.evaluation.runner.store import FrameTimings


@dataclass(frozen=True)
class Times:
    """Seconds of every frame: `models` float64 (models, 3, N), preprocessing, inference, decoding.

    `reading` and `scoring` are float64 (N); `summing` is what all figures took in the end.
    """

    models: np.ndarray
    reading: np.ndarray
    scoring: np.ndarray
    summing: float

    @property
    def totals(self) -> np.ndarray:
        """What each model took for each frame: float64 (models, N)."""
        return np.asarray(self.models.sum(axis=1))

    def spread(self, model: int) -> dict[str, float]:
        """Return the median, the 95th percentile and the longest time of a model, in ms."""
        return _spread(self.totals[model])

    @property
    def added(self) -> float:
        """Time of reading, scoring and summing over that of all models."""
        own = float(self.reading.sum() + self.scoring.sum() + self.summing)
        return own / float(self.models.sum())


def gather(frames: Iterable[FrameTimings], models: int, summing: float) -> Times:
    """Return the times of all frames."""
    rows = np.fromiter(chain.from_iterable(map(_row, frames)), float).reshape(-1, 2 + 3 * models)
    parts = rows[:, 2:].T.reshape(models, 3, -1)
    return Times(parts, rows[:, 0], rows[:, 1], summing)


def _row(item: FrameTimings) -> Iterator[float]:
    yield from (item.reading, item.scoring)
    for model in item.models:
        yield from (model.preprocessing, model.inference, model.decoding)


def times_text(labels: Sequence[str], times: Times) -> str:
    """Return the file's text; all in milliseconds but for what is named otherwise."""
    content = {
        "frames": len(times.reading),
        "models": {
            label: {
                "total": _spread(total),
                "preprocessing": _spread(parts[0]),
                "inference": _spread(parts[1]),
                "decoding": _spread(parts[2]),
                "frames_a_second": round(1 / float(np.median(total)), 1),
            }
            for label, parts, total in zip(labels, times.models, times.totals, strict=True)
        },
        "reading": _spread(times.reading),
        "scoring": _spread(times.scoring),
        "summing_up_seconds": round(times.summing, 3),
        "added_to_models_time": round(times.added, 3),
        "series": {
            label: [_ms(value) for value in total]
            for label, total in zip(labels, times.totals, strict=True)
        },
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _spread(seconds: np.ndarray) -> dict[str, float]:
    return {
        "median": _ms(np.median(seconds)),
        "p95": _ms(np.quantile(seconds, 0.95)),
        "most": _ms(seconds.max()),
    }


def _ms(seconds: Any) -> float:
    return round(float(seconds) * 1e3, 3)
