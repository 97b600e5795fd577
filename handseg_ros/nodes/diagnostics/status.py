"""What the node says of its own health on /diagnostics."""

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
    figures = health.statistics
    if not health.is_listening:
        return DiagnosticStatus.OK, "idle: nobody listens to any output of this model"
    silence = health.waited
    if figures.input_age is not None:
        silence = min(silence, figures.input_age)
    if silence > health.stale_timeout:
        return (
            DiagnosticStatus.STALE,
            f"no image on {health.topic} for {silence:.1f} s: check the camera and its driver",
        )
    if figures.recent_failed:
        return (
            DiagnosticStatus.ERROR,
            f"{figures.recent_failed} images not answered lately: {figures.last_problem}",
        )
    if figures.recent_bad:
        return (
            DiagnosticStatus.WARN,
            f"{figures.recent_bad} bad images in the last seconds: {figures.last_problem}",
        )
    if health.depth is not None and (lacking := health.depth.statistics.recent_missing):
        return (
            DiagnosticStatus.WARN,
            f"{lacking} images answered without depth lately: "
            f"{health.depth.statistics.last_problem}",
        )
    return DiagnosticStatus.OK, f"{figures.rate:.1f} frames a second"


def _values(health: NodeHealth) -> list[tuple[str, str]]:
    figures = health.statistics
    age = "none yet" if figures.input_age is None else f"{figures.input_age:.3f}"
    return [
        *health.segmenter,
        ("input_topic", health.topic),
        ("input_age_s", age),
        ("rate_hz", f"{figures.rate:.2f}"),
        ("latency_median_ms", f"{1e3 * figures.latency_median:.2f}"),
        ("latency_p95_ms", f"{1e3 * figures.latency_p95:.2f}"),
        ("inference_median_ms", f"{1e3 * figures.inference_median:.2f}"),
        ("overhead_median_ms", f"{1e3 * figures.overhead_median:.2f}"),
        ("stamp_age_median_ms", f"{1e3 * figures.stamp_age_median:.2f}"),
        ("stamp_age_p95_ms", f"{1e3 * figures.stamp_age_p95:.2f}"),
        ("frames_received", str(figures.received)),
        ("frames_answered", str(figures.answered)),
        ("frames_dropped_for_newer", str(figures.replaced)),
        ("frames_bad", str(figures.bad)),
        ("frames_failed", str(figures.failed)),
        ("frames_without_background", str(figures.no_background)),
        ("hands", str(figures.hands)),
        ("requests_answered", str(health.requests.answered)),
        ("requests_refused", str(health.requests.refused)),
        *([] if health.depth is None else _depth_values(health.depth)),
        ("last_problem", figures.last_problem),
    ]


def _depth_values(depth: DepthHealth) -> list[tuple[str, str]]:
    figures = depth.statistics
    delay = "none yet" if depth.delay is None else f"{1e3 * depth.delay:.1f}"
    return [
        ("depth_topic", depth.topics.depth),
        ("camera_info_topic", depth.topics.camera_info),
        ("depth_delay_ms", delay),
        ("depth_matched", str(figures.matched)),
        *((reason.value, str(figures.missing.get(reason, 0))) for reason in MissingDepthReason),
        ("last_depth_problem", figures.last_problem),
    ]
