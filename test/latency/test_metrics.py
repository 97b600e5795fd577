"""Guards what a play reports, by an example worked out by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest

from handseg_ros.evaluation.report.view import Cell
from handseg_ros.latency.charts import make_charts
from handseg_ros.latency.metrics import (
    ImageLatency,
    LatencyMetrics,
    Spread,
    StreamLog,
    image_latencies,
)
from handseg_ros.latency.playback_clock import PlaybackClock
from handseg_ros.latency.table import rows_of

MS = 1_000_000


def test_figures_of_a_stream() -> None:
    """Four images 100 ms apart; the third is dropped, the others take 10, 20 and 60 ms."""
    seen = StreamLog(
        sent={number: number * 100 * MS for number in range(4)},
        published={0: 10 * MS, 1: 120 * MS, 3: 360 * MS},
        ages={0: 15 * MS, 1: 25 * MS, 3: 65 * MS},
        unmatched=1,
        repeated=2,
        unreadable=3,
        late=4 * MS,
    )
    figures = LatencyMetrics.of(seen)
    assert (figures.images, figures.answered, figures.dropped) == (6, 3, 3)
    assert (figures.unmatched, figures.repeated, figures.unreadable) == (1, 2, 3)
    assert figures.content()["strangers"] == 1  # as in reports from before
    assert figures.latency == Spread(median=20.0, p90=52.0, p99=59.2, largest=60.0)
    assert figures.age.median == 25.0
    assert figures.rate == pytest.approx(2 / 0.35, abs=0.01)
    assert figures.late == 4.0
    assert figures.content()["latency"]["largest"] == 60.0


def test_a_stream_without_answers_has_no_figures() -> None:
    figures = LatencyMetrics.of(StreamLog(sent={1: 1}))
    assert (figures.images, figures.answered, figures.dropped) == (1, 0, 1)
    assert figures.rate is None
    assert figures.latency == figures.age == Spread(None, None, None, None)


def test_what_was_not_answered_is_told_in_words() -> None:
    seen = StreamLog(sent={0: 0, 1: 50 * MS}, published={0: 12 * MS}, ages={0: 12 * MS})
    rows = rows_of([LatencyMetrics.of(seen), LatencyMetrics.of(StreamLog(sent={0: 0}))])
    cells = {row.title: row.cells for row in rows}
    assert cells["dropped"] == (Cell("1", "50.0%"), Cell("1", "100.0%"))
    assert cells["latency"][0].text == "median 12.0 ms"
    assert "largest 12.0" in cells["latency"][0].note
    assert cells["latency"][1] == cells["age at publication"][1] == Cell("no answer")
    assert cells["rate"] == (Cell("unknown"), Cell("unknown"))


def test_every_image_s_fate_is_told_in_the_order_of_sending() -> None:
    seen = StreamLog(sent={7: 3 * MS, 5: 103 * MS}, published={5: 123 * MS}, ages={5: 25 * MS})
    assert image_latencies(seen) == [
        ImageLatency(7, 0.0, None, None),
        ImageLatency(5, 0.1, 20.0, 25.0),
    ]
    assert image_latencies(StreamLog()) == []


def test_curves_end_at_what_was_answered_and_stay_inside_their_axes() -> None:
    sent = {number: number * 10 * MS for number in range(1000)}
    published = {number: sent[number] + (5 + number % 3) * MS for number in range(0, 1000, 2)}
    half = StreamLog(sent=sent, published=published, ages=published)
    latency, arrival, dropped = make_charts(["half", "none"], [half, StreamLog(sent=sent)])
    for chart in (latency, arrival, dropped):
        left, top, right, bottom = chart.frame
        assert len(chart.lines[0].points.split()) <= 200
        for line in chart.lines:
            for point in line.points.split():
                x, y = map(float, point.split(","))
                assert left <= x <= right
                assert top <= y <= bottom
    _, top, _, bottom = arrival.frame
    assert float(arrival.lines[0].points.split(",")[-1]) == (top + bottom) / 2
    assert arrival.lines[1].points == ""
    assert make_charts(["none"], [StreamLog(sent=sent)]) == []


def test_the_bag_s_clock_runs_as_fast_as_wanted() -> None:
    pace = PlaybackClock(bag_start=1000, wall_start=50, rate=2.0)
    assert pace.bag_time(60) == 1020
    assert pace.wall_time(1020) == 60
