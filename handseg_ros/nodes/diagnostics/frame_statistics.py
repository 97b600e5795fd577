"""What the node counts: frames in, answered, dropped and bad, and how long they took."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

# Rates and latencies describe the last few seconds, not the whole day.
_WINDOW = 5.0
_MAX_SAMPLES = 2000


@dataclass(frozen=True)
class FrameMeasurement:
    """What counts of an answered frame, times in seconds.

    `latency` is from the image's arrival to the last output, `inference` what of it the network
    took, `stamp_age` the time from the image's stamp to publication by the node's clock.
    """

    hands: int
    latency: float
    inference: float
    stamp_age: float


@dataclass(frozen=True)
class StatisticsSnapshot:
    """One moment's figures.

    Counts since activation; `samples` are the frames of the last five seconds, each with when it
    was answered, a time.monotonic(). Figures of them are worked out when they are asked for:
    `rate` in frames a second, all others in seconds; overhead is a frame's latency less its
    inference; stamp ages are those of FrameMeasurement. `input_age` is the time since the last
    image came, None when none ever did; `recent_bad` and `recent_failed` count the images of the
    last five seconds that could not be used, and whose processing broke.
    """

    received: int
    answered: int
    replaced: int
    bad: int
    failed: int
    no_background: int
    hands: int
    samples: tuple[tuple[float, FrameMeasurement], ...]
    input_age: float | None
    recent_bad: int
    recent_failed: int
    last_problem: str

    @property
    def rate(self) -> float:
        """Frames answered in a second."""
        if len(self.samples) < 2 or self.samples[-1][0] == self.samples[0][0]:
            return 0.0
        return (len(self.samples) - 1) / (self.samples[-1][0] - self.samples[0][0])

    @property
    def latency_median(self) -> float:
        """From an image's arrival to the last output."""
        return _percentile([frame.latency for _, frame in self.samples], 50)

    @property
    def latency_p95(self) -> float:
        """The same, of 95 frames of 100 at most."""
        return _percentile([frame.latency for _, frame in self.samples], 95)

    @property
    def inference_median(self) -> float:
        """What of it the network took."""
        return _percentile([frame.inference for _, frame in self.samples], 50)

    @property
    def overhead_median(self) -> float:
        """What of it all else took."""
        return _percentile([frame.latency - frame.inference for _, frame in self.samples], 50)

    @property
    def stamp_age_median(self) -> float:
        """From an image's stamp to publication."""
        return _percentile([frame.stamp_age for _, frame in self.samples], 50)

    @property
    def stamp_age_p95(self) -> float:
        """The same, of 95 frames of 100 at most."""
        return _percentile([frame.stamp_age for _, frame in self.samples], 95)


class FrameStatistics:
    """Counters shared by the executor's thread and the worker; every method is thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = self._answered = self._replaced = 0
        self._bad = self._failed = self._no_background = self._hands = 0
        self._last_input: float | None = None
        self._last_problem = ""
        self._bad_times: deque[float] = deque(maxlen=_MAX_SAMPLES)
        self._failed_times: deque[float] = deque(maxlen=_MAX_SAMPLES)
        # (when answered, what was answered)
        self._samples: deque[tuple[float, FrameMeasurement]] = deque(maxlen=_MAX_SAMPLES)

    def count_received(self, *, when: float) -> None:
        """Count an image that came in at `when`, a time.monotonic()."""
        with self._lock:
            self._received += 1
            self._last_input = when

    def count_replaced(self) -> None:
        """Count an image that a newer one replaced before it was started."""
        with self._lock:
            self._replaced += 1

    def count_bad(self, problem: str) -> None:
        """Count an image that could not be used."""
        with self._lock:
            self._bad += 1
            self._bad_times.append(time.monotonic())
            self._last_problem = problem

    def count_failed(self, problem: str) -> None:
        """Count an image whose processing broke for another reason."""
        with self._lock:
            self._failed += 1
            self._failed_times.append(time.monotonic())
            self._last_problem = problem

    def count_no_background(self) -> None:
        """Count an image that could not be answered yet, for want of a background."""
        with self._lock:
            self._no_background += 1

    def count_answered(self, frame: FrameMeasurement) -> None:
        """Count an answered image."""
        with self._lock:
            self._answered += 1
            self._hands += frame.hands
            self._samples.append((time.monotonic(), frame))

    def snapshot(self) -> StatisticsSnapshot:
        """Return the figures of this moment."""
        now = time.monotonic()
        with self._lock:
            return StatisticsSnapshot(
                received=self._received,
                answered=self._answered,
                replaced=self._replaced,
                bad=self._bad,
                failed=self._failed,
                no_background=self._no_background,
                hands=self._hands,
                samples=tuple(item for item in self._samples if now - item[0] <= _WINDOW),
                input_age=None if self._last_input is None else now - self._last_input,
                recent_bad=sum(now - when <= _WINDOW for when in self._bad_times),
                recent_failed=sum(now - when <= _WINDOW for when in self._failed_times),
                last_problem=self._last_problem,
            )


def _percentile(values: list[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else 0.0
