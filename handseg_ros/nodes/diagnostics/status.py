"""What the node says of its own health on /diagnostics."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from handseg_ros.nodes.depth.missing import MissingDepthReason
from handseg_ros.nodes.depth.statistics import DepthHealth
from handseg_ros.nodes.diagnostics.frame_statistics import StatisticsSnapshot
from handseg_ros.nodes.diagnostics.request_counts import RequestCounts


@dataclass(frozen=True)
class NodeHealth:
    """The node's state at one moment; `waited` is how long it has listened, in seconds.

    `segmenter` is what is loaded, as ordered (key, value) texts, empty before configuration;
    `warning` what is wrong with it although it runs, or ''; `depth` is None where it is off.
    """

    is_active: bool
    is_listening: bool
    topic: str
    waited: float
    stale_timeout: float
    statistics: StatisticsSnapshot
    requests: RequestCounts
    segmenter: tuple[tuple[str, str], ...]
    warning: str = ""
    depth: DepthHealth | None = None


def status_message(name: str, hardware_id: str, health: NodeHealth) -> DiagnosticStatus:
    """Return the status to publish under `name`."""
    level, text = judge(health)
    return DiagnosticStatus(
        level=level,
        name=name,
        message=text,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in _values(health)],
    )


def judge(health: NodeHealth) -> tuple[bytes, str]:
    """Return the level and the one sentence that a person reads first."""
    if not health.is_active:
        return DiagnosticStatus.OK, "inactive: activate the node to segment images"
    level, text = _judge_frames(health)
    if level == DiagnosticStatus.OK and health.warning:
        return DiagnosticStatus.WARN, health.warning
    return level, text


def _judge_frames(health: NodeHealth) -> tuple[bytes, str]:
    statistics = health.statistics
    if not health.is_listening:
        return DiagnosticStatus.OK, "idle: nobody listens to any output of this model"
    silence = health.waited
    if statistics.input_age is not None:
        silence = min(silence, statistics.input_age)
    if silence > health.stale_timeout:
        return (
            DiagnosticStatus.STALE,
            f"no image on {health.topic} for {silence:.1f} s: check the camera and its driver",
        )
    if statistics.recent_failed:
        return (
            DiagnosticStatus.ERROR,
            f"{statistics.recent_failed} images not answered lately: {statistics.last_problem}",
        )
    if statistics.recent_bad:
        return (
            DiagnosticStatus.WARN,
            f"{statistics.recent_bad} bad images in the last seconds: {statistics.last_problem}",
        )
    if health.depth is not None and (lacking := health.depth.statistics.recent_missing):
        return (
            DiagnosticStatus.WARN,
            f"{lacking} images answered without depth lately: "
            f"{health.depth.statistics.last_problem}",
        )
    return DiagnosticStatus.OK, f"{statistics.rate:.1f} frames a second"


def _values(health: NodeHealth) -> list[tuple[str, str]]:
    statistics = health.statistics
    age = "none yet" if statistics.input_age is None else f"{statistics.input_age:.3f}"
    return [
        *health.segmenter,
        ("input_topic", health.topic),
        ("input_age_s", age),
        ("rate_hz", f"{statistics.rate:.2f}"),
        ("latency_median_ms", f"{1e3 * statistics.latency_median:.2f}"),
        ("latency_p95_ms", f"{1e3 * statistics.latency_p95:.2f}"),
        ("inference_median_ms", f"{1e3 * statistics.inference_median:.2f}"),
        ("overhead_median_ms", f"{1e3 * statistics.overhead_median:.2f}"),
        ("stamp_age_median_ms", f"{1e3 * statistics.stamp_age_median:.2f}"),
        ("stamp_age_p95_ms", f"{1e3 * statistics.stamp_age_p95:.2f}"),
        ("frames_received", str(statistics.received)),
        ("frames_answered", str(statistics.answered)),
        ("frames_dropped_for_newer", str(statistics.replaced)),
        ("frames_bad", str(statistics.bad)),
        ("frames_failed", str(statistics.failed)),
        ("frames_without_background", str(statistics.no_background)),
        ("hands", str(statistics.hands)),
        ("requests_answered", str(health.requests.answered)),
        ("requests_refused", str(health.requests.refused)),
        *([] if health.depth is None else _depth_values(health.depth)),
        ("last_problem", statistics.last_problem),
    ]


def _depth_values(depth: DepthHealth) -> list[tuple[str, str]]:
    statistics = depth.statistics
    delay = "none yet" if depth.delay is None else f"{1e3 * depth.delay:.1f}"
    return [
        ("depth_topic", depth.topics.depth),
        ("camera_info_topic", depth.topics.camera_info),
        ("depth_delay_ms", delay),
        ("depth_matched", str(statistics.matched)),
        *((reason.value, str(statistics.missing.get(reason, 0))) for reason in MissingDepthReason),
        ("last_depth_problem", statistics.last_problem),
    ]
