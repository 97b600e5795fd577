"""The node's depth: the subscriptions to depth and camera_info, and images that wait for them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from handseg_ros.image_messages.serialized import read_image
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.depth.missing import DepthTopics, MissingDepth
from handseg_ros.nodes.depth.synchronizer import (
    MAX_QUEUED,
    DepthSynchronizer,
    SyncResult,
    SyncTolerances,
)
from handseg_ros.nodes.input.adaptive_subscription import (
    AdaptiveSubscription,
    SubscriptionOptions,
    type_name,
)
from handseg_ros.nodes.input.pending_frame import PendingFrame
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.segmentation.errors import HandsegError

_MIN_TIMER = 1e-3


@dataclass(frozen=True)
class DepthOptions:
    """How depth is matched with images, and the `reliability` of its topics, auto or fixed."""

    rule: SyncTolerances
    reliability: str


class DepthInput:
    """Hands images on, after their depth while it is open, and at once while it is closed.

    `on_bad` takes the error of bytes that are no depth message. All in the executor's thread.
    While nobody publishes depth or camera_info no image waits.
    """

    def __init__(
        self,
        node: Node,
        topics: CameraTopics,
        on_ready: Callable[[SyncResult], None],
        on_bad: Callable[[HandsegError], None],
    ) -> None:
        self._node = node
        self._on_bad = on_bad
        self._depth_name, self._camera_info_name = topics.of("depth"), topics.of("camera_info")
        self._on_ready = on_ready
        self._depth = AdaptiveSubscription(node, self._on_depth)
        self._camera_info = AdaptiveSubscription(node, self._on_camera_info)
        self._options: DepthOptions | None = None
        self._synchronizer: DepthSynchronizer | None = None
        self._in_vain: MissingDepth | None = None
        # A steady clock: an image's wait ends although simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(1.0, self._on_time, clock=steady)
        self._timer.cancel()  # until an image waits

    @property
    def topics(self) -> DepthTopics:
        """The resolved names of the topics, remapping applied."""
        resolve = self._node.resolve_topic_name
        return DepthTopics(resolve(self._depth_name), resolve(self._camera_info_name))

    @property
    def delay(self) -> float | None:
        """How long after its image the last depth came, in seconds; None when none did."""
        return None if self._synchronizer is None else self._synchronizer.delay

    @property
    def expected(self) -> list[ExpectedTopic]:
        """What is listened to while depth is open."""
        topics = self.topics
        return [
            ExpectedTopic(self._depth_name, topics.depth, type_name(Image)),
            ExpectedTopic(self._camera_info_name, topics.camera_info, type_name(CameraInfo)),
        ]

    @property
    def unpublished(self) -> list[ExpectedTopic]:
        """What is listened to in vain."""
        if self._options is None:
            return []
        subscriptions = (self._depth, self._camera_info)
        return [
            expected
            for expected, subscription in zip(self.expected, subscriptions, strict=True)
            if not subscription.has_publisher
        ]

    def open(self, options: DepthOptions) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        topics = self.topics
        if options != self._options:
            self.close()
            self._options, self._synchronizer = options, DepthSynchronizer(options.rule, topics)
        depth, info = self._depth_name, self._camera_info_name
        self._depth.open(
            SubscriptionOptions(Image, depth, MAX_QUEUED, options.reliability, is_raw=True)
        )
        self._camera_info.open(
            SubscriptionOptions(CameraInfo, info, MAX_QUEUED, options.reliability)
        )
        self._in_vain = self._why_in_vain(topics)

    def close(self) -> None:
        """Listen no more; images that wait go on without depth."""
        self._depth.close()
        self._camera_info.close()
        self._timer.cancel()
        synchronizer, self._synchronizer, self._options = self._synchronizer, None, None
        self._pass([] if synchronizer is None else synchronizer.release(None))

    def take(self, pending: PendingFrame) -> None:
        """Take an image: it goes on now or later."""
        if self._synchronizer is None:
            self._on_ready(SyncResult(pending))
            return
        self._pass(self._synchronizer.take_image(pending))
        if self._in_vain is not None:
            self._pass(self._synchronizer.release(self._in_vain))

    def _on_depth(self, data: bytes) -> None:
        if self._synchronizer is None:
            return
        try:
            message = read_image(data, Header())
        except HandsegError as error:
            self._on_bad(error)
        else:
            self._pass(self._synchronizer.take_depth(message, time.monotonic()))

    def _on_camera_info(self, message: CameraInfo) -> None:
        if self._synchronizer is not None:
            self._pass(self._synchronizer.take_calibration(message, time.monotonic()))

    def _on_time(self) -> None:
        self._timer.cancel()
        if self._synchronizer is not None:
            self._pass(self._synchronizer.settle(time.monotonic()))

    def _pass(self, synchronized: Iterable[SyncResult]) -> None:
        for each in synchronized:
            self._on_ready(each)
        self._set_timer()

    def _set_timer(self) -> None:
        """Wake up when the next image's wait is over.

        A timer that runs is left running, as it ends earlier: setting one wakes the executor up.
        """
        deadline = None if self._synchronizer is None else self._synchronizer.deadline
        if deadline is not None and self._timer.is_canceled():
            left = max(_MIN_TIMER, deadline - time.monotonic())
            self._timer.timer_period_ns = round(1e9 * left)
            self._timer.reset()

    def _why_in_vain(self, topics: DepthTopics) -> MissingDepth | None:
        """Return why no depth can come at all, or None."""
        if not self._depth.has_publisher:
            return topics.depth_not_published()
        if not self._camera_info.has_publisher:
            return topics.camera_info_not_published()
        return None
