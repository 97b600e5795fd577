"""Guards what a replay reports, by an example worked out by hand."""

from __future__ import annotations

import pytest

from handseg_ros.live.figures import LiveFigures, Seen, Spread
from handseg_ros.live.pace import Pace

MS = 1_000_000


def test_figures_of_a_stream() -> None:
    """Four images 100 ms apart; the third is dropped, the others take 10, 20 and 60 ms."""
    seen = Seen(
        sent={number: number * 100 * MS for number in range(4)},
        published={0: 10 * MS, 1: 120 * MS, 3: 360 * MS},
        ages={0: 15 * MS, 1: 25 * MS, 3: 65 * MS},
        strangers=1,
        repeated=2,
        unreadable=3,
        late=4 * MS,
    )
    figures = LiveFigures.of(seen)
    assert (figures.images, figures.answered, figures.dropped) == (6, 3, 3)
    assert (figures.strangers, figures.repeated, figures.unreadable) == (1, 2, 3)
    assert figures.latency == Spread(median=20.0, p90=52.0, p99=59.2, largest=60.0)
    assert figures.age.median == 25.0
    assert figures.rate == pytest.approx(2 / 0.35, abs=0.01)
    assert figures.late == 4.0
    assert figures.content()["latency"]["largest"] == 60.0


def test_a_stream_without_answers_has_no_figures() -> None:
    figures = LiveFigures.of(Seen(sent={1: 1}))
    assert (figures.images, figures.answered, figures.dropped) == (1, 0, 1)
    assert figures.rate is None
    assert figures.latency == figures.age == Spread(None, None, None, None)


def test_the_bag_s_clock_runs_as_fast_as_wanted() -> None:
    pace = Pace(bag_start=1000, wall_start=50, rate=2.0)
    assert pace.bag_time(60) == 1020
    assert pace.wall_time(1020) == 60
