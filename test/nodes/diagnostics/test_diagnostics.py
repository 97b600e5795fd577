"""Guards what the node says of its health: the level, the sentence, and figures that add up."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from support.robot import NODE, Robot

from handseg_ros.nodes.depth.missing import DepthTopics, MissingDepthReason
from handseg_ros.nodes.depth.statistics import DepthHealth, DepthStatistics
from handseg_ros.nodes.diagnostics.frame_statistics import FrameMeasurement, FrameStatistics
from handseg_ros.nodes.diagnostics.publisher import DiagnosticsPublisher
from handseg_ros.nodes.diagnostics.request_counts import RequestCounts
from handseg_ros.nodes.diagnostics.status import NodeHealth, judge, status_message


@pytest.fixture
def healthy() -> NodeHealth:
    statistics = FrameStatistics()
    statistics.count_received(when=time.monotonic())
    statistics.count_answered(
        FrameMeasurement(hands=2, latency=0.012, inference=0.007, stamp_age=0.034)
    )
    return NodeHealth(
        is_active=True,
        is_listening=True,
        topic="/camera/image",
        waited=10.0,
        stale_timeout=1.0,
        statistics=statistics.snapshot(),
        requests=RequestCounts(answered=5, refused=3),
        segmenter=(("model", "hands 0.1.0"), ("provider", "cpu")),
    )


def _silent(health: NodeHealth, age: float | None) -> NodeHealth:
    statistics = dataclasses.replace(health.statistics, input_age=age)
    return dataclasses.replace(health, statistics=statistics)


def test_a_node_that_answers_is_ok(healthy: NodeHealth) -> None:
    assert judge(healthy)[0] == DiagnosticStatus.OK


@pytest.mark.parametrize("age", [1.5, None])
def test_a_silent_camera_is_stale_and_named(healthy: NodeHealth, age: float | None) -> None:
    level, text = judge(_silent(healthy, age))
    assert level == DiagnosticStatus.STALE
    assert "/camera/image" in text


def test_a_camera_has_the_timeout_to_send_its_first_image(healthy: NodeHealth) -> None:
    waiting = dataclasses.replace(_silent(healthy, None), waited=0.5)
    assert judge(waiting)[0] == DiagnosticStatus.OK


def test_the_silence_is_counted_from_the_moment_of_listening(healthy: NodeHealth) -> None:
    # The last image is old because nobody listened in between.
    back_again = dataclasses.replace(_silent(healthy, 60.0), waited=0.2)
    assert judge(back_again)[0] == DiagnosticStatus.OK


@pytest.mark.parametrize(
    ("states", "word"),
    [({"is_active": False}, "inactive"), ({"is_listening": False}, "nobody")],
)
def test_silence_is_fine_while_nothing_is_asked_for(
    healthy: NodeHealth, states: dict[str, Any], word: str
) -> None:
    level, text = judge(dataclasses.replace(_silent(healthy, None), **states))
    assert level == DiagnosticStatus.OK
    assert word in text


def test_bad_images_are_a_warning_with_their_cause(healthy: NodeHealth) -> None:
    statistics = FrameStatistics()
    statistics.count_received(when=time.monotonic())
    statistics.count_bad("the encoding 'xyz' is unknown")
    level, text = judge(dataclasses.replace(healthy, statistics=statistics.snapshot()))
    assert level == DiagnosticStatus.WARN
    assert "xyz" in text


def test_a_network_that_breaks_is_an_error_with_its_cause(healthy: NodeHealth) -> None:
    statistics = FrameStatistics()
    statistics.count_received(when=time.monotonic())
    statistics.count_failed("RuntimeError: out of memory")
    level, text = judge(dataclasses.replace(healthy, statistics=statistics.snapshot()))
    assert level == DiagnosticStatus.ERROR
    assert "out of memory" in text


def test_a_replaced_provider_is_a_warning_also_while_nobody_listens(healthy: NodeHealth) -> None:
    replaced = dataclasses.replace(healthy, warning="provider 'cuda' did not start, so …")
    for health in (replaced, dataclasses.replace(replaced, is_listening=False)):
        assert judge(health) == (DiagnosticStatus.WARN, "provider 'cuda' did not start, so …")
    # What stops the answers comes first.
    assert judge(_silent(replaced, 60.0))[0] == DiagnosticStatus.STALE
    assert judge(dataclasses.replace(replaced, is_active=False))[0] == DiagnosticStatus.OK


def test_the_status_carries_every_figure(healthy: NodeHealth) -> None:
    status = status_message("name", "hardware", healthy)
    values = {pair.key: pair.value for pair in status.values}
    assert values["model"] == "hands 0.1.0"
    assert values["provider"] == "cpu"
    assert values["frames_received"] == "1"
    assert values["frames_answered"] == "1"
    assert values["hands"] == "2"
    assert (values["requests_answered"], values["requests_refused"]) == ("5", "3")
    assert float(values["latency_median_ms"]) == pytest.approx(12.0)
    assert float(values["inference_median_ms"]) == pytest.approx(7.0)
    assert float(values["overhead_median_ms"]) == pytest.approx(5.0)
    assert float(values["stamp_age_median_ms"]) == pytest.approx(34.0)


def test_counts_add_up() -> None:
    statistics = FrameStatistics()
    for _ in range(10):
        statistics.count_received(when=time.monotonic())
    for latency in (0.01, 0.02, 0.03):
        statistics.count_answered(
            FrameMeasurement(hands=1, latency=latency, inference=0.005, stamp_age=2 * latency)
        )
    statistics.count_replaced()
    statistics.count_no_background()
    statistics.count_bad("cause")
    statistics.count_failed("ValueError: other cause")
    figures = statistics.snapshot()
    assert (figures.received, figures.answered, figures.replaced) == (10, 3, 1)
    assert (figures.bad, figures.failed, figures.hands) == (1, 1, 3)
    assert figures.no_background == 1
    assert figures.latency_median == pytest.approx(0.02)
    assert figures.stamp_age_median == pytest.approx(0.04)
    assert figures.stamp_age_median < figures.stamp_age_p95 <= 0.06
    assert figures.last_problem == "ValueError: other cause"


def test_images_without_depth_are_a_warning_with_their_cause(healthy: NodeHealth) -> None:
    topics = DepthTopics(depth="/depth", camera_info="/info")
    statistics = DepthStatistics()
    statistics.count_matched()
    health = dataclasses.replace(
        healthy, depth=DepthHealth(topics, statistics.snapshot(), delay=0.012)
    )
    assert judge(health)[0] == DiagnosticStatus.OK

    statistics.count_missing(topics.absent(0.1))
    statistics.count_missing(topics.late(0.12))
    lacking = DepthHealth(topics, statistics.snapshot(), delay=0.12)
    health = dataclasses.replace(healthy, depth=lacking)
    level, text = judge(health)
    assert level == DiagnosticStatus.WARN
    assert "2 images answered without depth" in text
    assert "depth is 120 ms late" in text
    # A camera that is silent is worse.
    assert judge(_silent(health, 60.0))[0] == DiagnosticStatus.STALE

    values = {pair.key: pair.value for pair in status_message("name", "id", health).values}
    assert (values["depth_matched"], values["depth_delay_ms"]) == ("1", "120.0")
    counts = {reason: values[reason.value] for reason in MissingDepthReason}
    assert counts.pop(MissingDepthReason.ABSENT) == counts.pop(MissingDepthReason.LATE) == "1"
    assert set(counts.values()) == {"0"}


def test_nothing_is_told_of_depth_where_it_is_off(healthy: NodeHealth) -> None:
    values = {pair.key for pair in status_message("name", "id", healthy).values}
    assert not {key for key in values if "depth" in key or "camera_info" in key}


def test_it_is_told_every_second_and_a_change_at_once(robot: Robot, healthy: NodeHealth) -> None:
    state = healthy
    node = rclpy.create_node(NODE.removeprefix("/"), context=robot.node.context)
    began = time.monotonic()
    output = DiagnosticsPublisher(node, lambda: {"": state})

    def third() -> bool:
        """Look, and tell whether a third status has come."""
        output.look()
        return len(robot.statuses) >= 3

    try:
        assert robot.wait_for(lambda: node.count_subscribers("/diagnostics"))
        assert robot.wait_for(third)
        assert time.monotonic() - began > 2.9
        state = _silent(healthy, 60.0)
        output.look()
        assert robot.wait_for(lambda: robot.statuses[-1].level == DiagnosticStatus.STALE)
    finally:
        node.destroy_node()
