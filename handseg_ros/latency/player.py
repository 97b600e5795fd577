"""The other side of the node: sends it a bag's images and a clock, and listens to its hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from handseg_ros.bags.image_topics import COMPRESSED, IMAGE
from handseg_ros.latency.metrics import StreamLog
from handseg_ros.latency.playback_clock import PlaybackClock
from handseg_ros.msg import HandInstances

_TYPES: Mapping[str, Any] = {IMAGE: Image, COMPRESSED: CompressedImage}
# As often as `ros2 bag play --clock` does by default.
_CLOCK_PERIOD = 25_000_000
# Deep enough that a moment spent on reading the bag loses no answer.
_DEEP = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
_CAMERA = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


@dataclass(frozen=True)
class Names:
    """The topics by which the player meets the node; all absolute."""

    images: str
    clock: str
    hands: str


class Player:
    """Plays images at their pace; what is sent and what comes back is kept in `seen`."""

    def __init__(
        self, node: Node, executor: SingleThreadedExecutor, names: Names, msgtype: str
    ) -> None:
        self.seen = StreamLog()
        self._executor = executor
        self._images: Any = node.create_publisher(_TYPES[msgtype], names.images, _CAMERA)
        self._clock: Any = node.create_publisher(Clock, names.clock, 1)
        self._pace: PlaybackClock | None = None
        self._next_tick = 0
        keep: Any = self._keep  # Jazzy's hints know no callback with the message's information
        node.create_subscription(HandInstances, names.hands, keep, _DEEP)

    @property
    def is_heard(self) -> bool:
        """Whether the node listens to images and clock."""
        return bool(self._images.get_subscription_count() and self._clock.get_subscription_count())

    def start(self, pace: PlaybackClock) -> None:
        """Let the bag's clock run."""
        self._pace = pace
        self._tick()

    def spin_until(self, wall: int) -> None:
        """Let ROS work until a wall's time in nanoseconds, and the clock go on."""
        while (left := wall - time.time_ns()) > 0:
            until_tick = self._next_tick - time.time_ns() if self._pace else left
            self._executor.spin_once(timeout_sec=max(0, min(left, until_tick)) / 1e9)
            if self._pace and time.time_ns() >= self._next_tick:
                self._tick()

    def send(self, stamp: int, log_time: int, data: bytes) -> None:
        """Send an image, serialized, when its time has come; ROS works until then."""
        assert self._pace is not None, "start() comes first"
        due = self._pace.wall_time(log_time)
        self.spin_until(due)
        self._tick()
        now = time.time_ns()
        self.seen.late = max(self.seen.late, now - due)
        if stamp in self.seen.sent:
            self.seen.repeated += 1
        else:
            self.seen.sent[stamp] = now
        self._images.publish(data)

    def _tick(self) -> None:
        assert self._pace is not None, "start() comes first"
        now = time.time_ns()
        self._next_tick = now + _CLOCK_PERIOD
        self._clock.publish(Clock(clock=Time(nanoseconds=self._pace.bag_time(now)).to_msg()))

    def _keep(self, message: HandInstances, info: Mapping[str, Any]) -> None:
        stamp = int(Time.from_msg(message.header.stamp).nanoseconds)
        if stamp not in self.seen.sent or self._pace is None:
            self.seen.unmatched += 1
        elif stamp not in self.seen.published:
            published = int(info["source_timestamp"])
            self.seen.published[stamp] = published
            self.seen.ages[stamp] = self._pace.bag_time(published) - stamp
