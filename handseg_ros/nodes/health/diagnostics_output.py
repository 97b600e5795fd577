"""The node's health on /diagnostics: every second, and at once when it changes."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Header

from handseg_ros.nodes.health.diagnostics import Health, judge, status_message

_PERIOD = 1.0
_LOOKING_PERIOD = 0.1


class DiagnosticsOutput:
    """Asks `health` ten times a second, and publishes it as the status of a node."""

    def __init__(self, node: Node, health: Callable[[], Health]) -> None:
        self._node = node
        self._health = health
        self._last_level = DiagnosticStatus.OK
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # A steady clock: a silent camera is told of although simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_LOOKING_PERIOD, self._publish_changed, clock=steady)
        node.create_timer(_PERIOD, self._publish, clock=steady)

    def _publish_changed(self) -> None:
        """Tell of a stalled camera, or of its return, at once and not only with the next second."""
        if judge(self._health())[0] != self._last_level:
            self._publish()

    def _publish(self) -> None:
        name = self._node.get_fully_qualified_name()
        status = status_message(f"{self._node.get_name()}: {name}", name, self._health())
        self._last_level = status.level
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(DiagnosticArray(header=header, status=[status]))
