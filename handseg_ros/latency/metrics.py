"""What a robot sees of a stream: which images are answered, how late, and how old by then."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

_KEYS = {"unmatched": "strangers"}
_QUANTILES = {"median": 50, "p90": 90, "p99": 99, "largest": 100}


@dataclass
class StreamLog:
    """All that was sent and what came back; times are in nanoseconds.

    `sent` has, by the stamp of each image, when it was sent. `published` has the same of the
    answers, by the source time that the middleware gives them. `ages` is how much older each
    image's stamp was than the bag's clock when its answer was published. `unmatched` counts answers
    whose stamp no image has, `repeated` images of a stamp that another had, `unreadable` messages
    that are no image and are not sent; `late` is by how much an image was sent too late at most.
    """

    sent: dict[int, int] = field(default_factory=dict)
    published: dict[int, int] = field(default_factory=dict)
    ages: dict[int, int] = field(default_factory=dict)
    unmatched: int = 0
    repeated: int = 0
    unreadable: int = 0
    late: int = 0


@dataclass(frozen=True)
class Spread:
    """A distribution, in milliseconds; all None where there is no value."""

    median: float | None
    p90: float | None
    p99: float | None
    largest: float | None

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Spread:
        """Return the distribution of times in nanoseconds."""
        if not nanoseconds:
            return cls(None, None, None, None)
        values = np.percentile(np.array(nanoseconds) / 1e6, list(_QUANTILES.values()))
        return cls(
            **dict(zip(_QUANTILES, (round(float(value), 3) for value in values), strict=True))
        )


@dataclass(frozen=True)
class LatencyMetrics:
    """What is reported of a play.

    `latency` is from an image's sending to its answer's publication; `age` is how old an image
    was, by its stamp and the bag's clock, when its answer was published; `rate` is how many answers
    a second came, between the first and the last; `late` is by how much an image was sent too late
    at most, in milliseconds: where it is large, this computer was too slow to play the bag.
    """

    images: int
    answered: int
    dropped: int
    unmatched: int
    repeated: int
    unreadable: int
    rate: float | None
    latency: Spread
    age: Spread
    late: float

    @classmethod
    def of(cls, seen: StreamLog) -> LatencyMetrics:
        """Return the figures of what was seen."""
        latencies = [when - seen.sent[stamp] for stamp, when in seen.published.items()]
        images = len(seen.sent) + seen.repeated
        return cls(
            images=images,
            answered=len(seen.published),
            dropped=images - len(seen.published),
            unmatched=seen.unmatched,
            repeated=seen.repeated,
            unreadable=seen.unreadable,
            rate=_rate(list(seen.published.values())),
            latency=Spread.of(latencies),
            age=Spread.of(list(seen.ages.values())),
            late=round(seen.late / 1e6, 3),
        )

    def content(self) -> dict[str, Any]:
        """Return the figures as JSON holds them."""
        # The key of reports from before has stayed.
        return {_KEYS.get(name, name): value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class ImageLatency:
    """How one image fared: `sent` is when, in seconds from the first image on.

    `stamp` is in nanoseconds; `latency` and `age` in milliseconds, None where it was dropped.
    """

    stamp: int
    sent: float
    latency: float | None
    age: float | None


def image_latencies(seen: StreamLog) -> list[ImageLatency]:
    """Return every image in the order of sending, those of a repeated stamp once."""
    first = min(seen.sent.values(), default=0)
    return [
        ImageLatency(
            stamp, (sent - first) / 1e9, _ms(seen.published, stamp, sent), _ms(seen.ages, stamp)
        )
        for stamp, sent in seen.sent.items()
    ]


def _ms(times: Mapping[int, int], stamp: int, start: int = 0) -> float | None:
    return round((times[stamp] - start) / 1e6, 3) if stamp in times else None


def _rate(times: Sequence[int]) -> float | None:
    if len(times) < 2 or max(times) == min(times):
        return None
    return round((len(times) - 1) / ((max(times) - min(times)) / 1e9), 2)
