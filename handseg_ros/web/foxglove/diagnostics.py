"""How a played source goes, as the DiagnosticArray that a node would publish."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from handseg_ros.nodes.rviz_config import NODE
from handseg_ros.web.foxglove.messages import HEADER_SCHEMA, header
from handseg_ros.web.live.source import Level, LiveState

# DiagnosticStatus.msg's own numbers.
_LEVELS: dict[Level, int] = {"ok": 0, "warning": 1, "error": 2, "stale": 3, "missing": 3}
_PAIR = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
}
# The title is what Foxglove's panels for diagnostics know the messages by.
DIAGNOSTICS_SCHEMA = {
    "title": "diagnostic_msgs/msg/DiagnosticArray",
    "type": "object",
    "properties": {
        "header": HEADER_SCHEMA,
        "status": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "level": {"type": "integer", "description": "0 ok, 1 warn, 2 error, 3 stale"},
                    "name": {"type": "string"},
                    "message": {"type": "string"},
                    "hardware_id": {"type": "string"},
                    "values": {"type": "array", "items": _PAIR},
                },
            },
        },
    },
}


def diagnostics_json(state: LiveState, stamp: int) -> dict[str, Any]:
    """Return a state with the fields of `DIAGNOSTICS_SCHEMA`; `stamp` in nanoseconds since 1970.

    It goes by the name of a node's, by which a layout chooses it.
    """
    values = {"source": state.source, **state.figures}
    status = {
        "level": _LEVELS[state.level],
        "name": f"{NODE.removeprefix('/')}: {NODE}",
        "message": state.message,
        "hardware_id": NODE,
        "values": [{"key": key, "value": value} for key, value in values.items()],
    }
    return {"header": header(stamp), "status": [status]}
