"""The node's health on /diagnostics: every second, and at once when it changes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Header

from handseg_ros.nodes.diagnostics.status import NodeHealth, judge, status_message

_PERIOD = 1.0


class DiagnosticsPublisher:
    """Publishes `health`, by cameras' names, as a status of the node for each.

    The only camera's name is ''. It has no timer of its own: each wakes the executor, which costs
    more than to look.
    """

    def __init__(self, node: Node, health: Callable[[], Mapping[str, NodeHealth]]) -> None:
        self._node = node
        self._health = health
        self._last_levels: dict[str, bytes] = {}
        self._due = time.monotonic() + _PERIOD
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def look(self) -> None:
        """Publish when a second is over, or a stalled camera or its return to be told of.

        Call it some times a second.
        """
        now = time.monotonic()
        health = self._health()
        if now >= self._due:
            # Once a second on average, however late each look is.
            self._due += _PERIOD * (1 + (now - self._due) // _PERIOD)
        elif all(self._is_known(camera, each) for camera, each in health.items()):
            return
        self._publish(health)

    def _is_known(self, camera: str, health: NodeHealth) -> bool:
        return judge(health)[0] == self._last_levels.get(camera, DiagnosticStatus.OK)

    def _publish(self, health: Mapping[str, NodeHealth]) -> None:
        statuses = [self._status(camera, each) for camera, each in health.items()]
        self._last_levels = {
            camera: status.level for camera, status in zip(health, statuses, strict=True)
        }
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(DiagnosticArray(header=header, status=statuses))

    def _status(self, camera: str, health: NodeHealth) -> DiagnosticStatus:
        name = self._node.get_fully_qualified_name()
        name = f"{name}/{camera}" if camera else name
        return status_message(f"{self._node.get_name()}: {name}", name, health)
