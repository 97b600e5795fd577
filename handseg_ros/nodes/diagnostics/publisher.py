"""The node's health on /diagnostics: every second, and at once when it changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Header

from handseg_ros.nodes.diagnostics.status import NodeHealth, judge, status_message

_PERIOD = 1.0


class DiagnosticsPublisher:
    """Publishes `health` as the status of a node.

    It has no timer of its own: each wakes the executor, which costs more than to look.
    """

    def __init__(self, node: Node, health: Callable[[], NodeHealth]) -> None:
        self._node = node
        self._health = health
        self._last_level = DiagnosticStatus.OK
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
        elif judge(health)[0] == self._last_level:
            return
        self._publish(health)

    def _publish(self, health: NodeHealth) -> None:
        name = self._node.get_fully_qualified_name()
        status = status_message(f"{self._node.get_name()}: {name}", name, health)
        self._last_level = status.level
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(DiagnosticArray(header=header, status=[status]))
