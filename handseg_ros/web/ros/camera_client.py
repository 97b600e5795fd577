"""What one camera of a running node publishes: its newest overlay, hands and status.

It has one subscription for all viewers, and none while nobody looks: a node that nobody listens to
leaves its camera alone. Pictures are taken best effort, so that the node waits for nothing here.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage

from handseg_ros.msg import HandInstances
from handseg_ros.web.live.capture import CaptureControl
from handseg_ros.web.live.feed import LiveFeed
from handseg_ros.web.live.source import LiveState
from handseg_ros.web.ros.node_capture import NodeCapture
from handseg_ros.web.ros.node_state import input_topic, level_of, live_hand, seconds_of

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_STATUSES = QoSProfile(depth=20)  # of all nodes on the topic
# A node tells how it goes every second.
_SILENCE_SECONDS = 5.0


class CameraClient:
    """A `LiveView` of what the node named `shown` publishes of a camera, '' for its only one."""

    def __init__(self, shown: str, camera: str, node: Node, capture: CaptureControl | None) -> None:
        """Look through a node of one's own; `capture` stores the camera's images."""
        self.name = f"{shown}/{camera}" if camera else shown
        self._shown = shown
        self.feed = LiveFeed()
        self.capture = capture
        self._stored: NodeCapture | None = None
        if capture is not None:
            self._stored = NodeCapture(self.name, node, capture, self.feed.show)
        self._node = node
        self._subscriptions: list[Any] = []
        self._hands: HandInstances | None = None
        self._status: DiagnosticStatus | None = None
        self._told = 0.0

    def is_there(self) -> bool:
        """Return whether somebody publishes hands below this name."""
        return self._node.count_publishers(f"{self.name}/hands") > 0

    def state(self) -> LiveState:
        """Return how it goes by the newest messages."""
        hands, status = self._hands, self._status
        if not self.is_there():
            hands = status = None
        silence = time.monotonic() - self._told
        if status is not None and silence > _SILENCE_SECONDS:
            return self._silent(status, silence)
        age = None if hands is None else 1e3 * (time.time() - seconds_of(hands.header.stamp))
        return LiveState(
            source=self.name,
            level="missing" if status is None else level_of(status),
            message=self.absence() if status is None else status.message,
            figures={} if status is None else {pair.key: pair.value for pair in status.values},
            age_ms=age,
            hands=[] if hands is None else [live_hand(hand) for hand in hands.hands],
            capture=None if self._stored is None else self._stored.state(),
        )

    def absence(self) -> str:
        """Return in words why nothing is known."""
        if self.is_there():
            return "the node is there, and its diagnostics did not come yet"
        return (
            f"no node {self._shown} is seen: start it, and look whether ROS_DOMAIN_ID and "
            "ROS_AUTOMATIC_DISCOVERY_RANGE are the same here and there"
        )

    def look(self) -> None:
        """Listen while somebody looks at the page, in the executor's thread."""
        if self.feed.is_watched and not self._subscriptions:
            self._listen()
        elif not self.feed.is_watched and self._subscriptions:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions = []
            self._hands = self._status = None
            if self._stored is not None:
                self._stored.close()
        if self._stored is not None and self._status is not None:
            self._stored.listen(input_topic(self._status))

    def _silent(self, status: DiagnosticStatus, silence: float) -> LiveState:
        return LiveState(
            source=self.name,
            level="stale",
            message=f"the node has told nothing for {silence:.0f} s: look whether it still runs; "
            f"the last was: {status.message}",
            figures={},
            age_ms=None,
            hands=[],
        )

    def _listen(self) -> None:
        listen = self._node.create_subscription
        overlay = f"{self.name}/overlay/compressed"
        self._subscriptions = [
            listen(CompressedImage, overlay, self._show, _NEWEST),
            listen(HandInstances, f"{self.name}/hands", self._keep_hands, _NEWEST),
            listen(DiagnosticArray, "/diagnostics", self._keep_status, _STATUSES),
        ]

    def _show(self, message: CompressedImage) -> None:
        if self._stored is None:
            self.feed.show(message.data.tobytes(), seconds_of(message.header.stamp))
        else:
            self._stored.take_overlay(message)

    def _keep_hands(self, message: HandInstances) -> None:
        self._hands = message

    def _keep_status(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.hardware_id == self.name:
                self._status, self._told = status, time.monotonic()
