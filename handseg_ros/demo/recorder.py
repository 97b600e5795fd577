"""The demo's ROS node: it listens as a robot would, and keeps what the pictures are made of."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import Image

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.msg import HandInstances

SEGMENTATION_NODE = "/hand_segmentation"
# Deep enough that a moment spent on writing pictures loses nothing.
_QOS = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)


@dataclass
class Recording:
    """What was seen: stamps (nanoseconds) of the images and of the answers to them, and figures.

    `latencies` holds seconds from an image's stamp, when it was grabbed, to the arrival of its
    hands here; `diagnostics` the node's last values.
    """

    images: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    drawn: set[int] = field(default_factory=set)
    hands: int = 0
    latencies: list[float] = field(default_factory=list)
    diagnostics: dict[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every image seen so far has its hands and its overlay."""
        return self.images <= (self.answered & self.drawn)


class DemoNode(Node):
    """Subscribes to the images, to the node's hands and overlay, and to its diagnostics."""

    def __init__(self, keep_picture: Callable[[np.ndarray], None]) -> None:
        """Give every overlay, uint8 BGR, to `keep_picture`."""
        super().__init__("demo_recorder")
        self.recording = Recording()
        self._keep_picture = keep_picture
        self.create_subscription(Image, "image", self._keep_image, _QOS)
        self.create_subscription(
            HandInstances, f"{SEGMENTATION_NODE}/hands", self._keep_hands, _QOS
        )
        self.create_subscription(Image, f"{SEGMENTATION_NODE}/overlay", self._keep_overlay, _QOS)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._keep_diagnostics, _QOS)

    def _keep_image(self, message: Image) -> None:
        self.recording.images.add(_nanoseconds(message))

    def _keep_hands(self, message: HandInstances) -> None:
        stamp = _nanoseconds(message)
        self.recording.answered.add(stamp)
        self.recording.hands += len(message.hands)
        self.recording.latencies.append((self.get_clock().now().nanoseconds - stamp) / 1e9)

    def _keep_overlay(self, message: Image) -> None:
        self.recording.drawn.add(_nanoseconds(message))
        self._keep_picture(to_bgr(message))

    def _keep_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if SEGMENTATION_NODE in status.name:
                self.recording.diagnostics = {pair.key: pair.value for pair in status.values}


def _nanoseconds(message: Image | HandInstances) -> int:
    return int(Time.from_msg(message.header.stamp).nanoseconds)
