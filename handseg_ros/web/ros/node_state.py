"""What a node's messages say, as the page shows it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from handseg_ros.msg import HandInstance
from handseg_ros.web.live.source import Level, LiveHand

_LEVELS: dict[bytes, Level] = {
    DiagnosticStatus.OK: "ok",
    DiagnosticStatus.WARN: "warning",
    DiagnosticStatus.ERROR: "error",
    DiagnosticStatus.STALE: "stale",
}
_SIDES = {HandInstance.SIDE_LEFT: "left", HandInstance.SIDE_RIGHT: "right"}
_NANOSECOND = 1e-9


def seconds_of(stamp: Any) -> float:
    """Return a builtin_interfaces/Time in seconds."""
    return float(stamp.sec) + _NANOSECOND * float(stamp.nanosec)


def input_topic(status: DiagnosticStatus) -> str:
    """Return the topic of the images that a status of diagnostics is about, '' for none."""
    return next((pair.value for pair in status.values if pair.key == "input_topic"), "")


def level_of(status: DiagnosticStatus) -> Level:
    """Return the level of a status of diagnostics."""
    return _LEVELS[status.level]


def live_hand(hand: HandInstance) -> LiveHand:
    """Return one HandInstance without its mask."""
    place = hand.position
    return LiveHand(
        id=hand.id,
        track=hand.track_id,
        side=_SIDES.get(hand.side, "unknown"),
        side_confidence=hand.side_confidence,
        score=hand.score,
        area=hand.area,
        position=(place.x, place.y, place.z) if hand.position_valid else None,
    )
