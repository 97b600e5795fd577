"""What the node counts of depth: images with and without, and why."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from handseg_ros.nodes.depth.missing import DepthTopics, MissingDepth, MissingDepthReason

# As that of the frames' figures.
_WINDOW = 5.0
_MAX_TIMES = 2000


@dataclass(frozen=True)
class DepthSnapshot:
    """One moment's figures: counts since activation.

    `matched` images went on with depth, of which some may be `unusable`; `missing` are those
    answered without, by reason. `recent_missing` counts these of the last five seconds.
    """

    matched: int = 0
    missing: Mapping[MissingDepthReason, int] = field(default_factory=dict)
    recent_missing: int = 0
    last_problem: str = ""


@dataclass(frozen=True)
class DepthHealth:
    """The depth input at one moment.

    `delay` is how long after its image the last depth came, in seconds, None when none ever did.
    """

    topics: DepthTopics
    statistics: DepthSnapshot
    delay: float | None


class DepthStatistics:
    """Counters shared by the executor's thread and the worker; every method is thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._matched = 0
        self._missing: Counter[MissingDepthReason] = Counter()
        self._times: deque[float] = deque(maxlen=_MAX_TIMES)
        self._last_problem = ""

    def count_matched(self) -> None:
        """Count an image that goes on with depth."""
        with self._lock:
            self._matched += 1

    def count_missing(self, missing: MissingDepth) -> None:
        """Count an image that is answered without depth."""
        with self._lock:
            self._missing[missing.reason] += 1
            self._times.append(time.monotonic())
            self._last_problem = missing.text

    def snapshot(self) -> DepthSnapshot:
        """Return the figures of this moment."""
        now = time.monotonic()
        with self._lock:
            return DepthSnapshot(
                matched=self._matched,
                missing=dict(self._missing),
                recent_missing=sum(now - when <= _WINDOW for when in self._times),
                last_problem=self._last_problem,
            )
