"""The node's depth: the subscriptions to depth and camera_info, and images that wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from handseg_ros.nodes.depth.lack import DepthTopics, Lack
from handseg_ros.nodes.depth.matching import MOST_KEPT, Decided, DepthMatcher, MatchingRule
from handseg_ros.nodes.input.arrival import Arrival
from handseg_ros.nodes.input.following_subscription import (
    FollowingSubscription,
    TopicChoice,
    type_name,
)
from handseg_ros.nodes.input.unpublished import Awaited

_SHORTEST_TIMER = 1e-3


@dataclass(frozen=True)
class DepthChoice:
    """How depth is matched with images, and the `reliability` of its topics, auto or fixed."""

    rule: MatchingRule
    reliability: str


class DepthInput:
    """Hands images on, after their depth while it is open, and at once while it is closed.

    All in the executor's thread. While nobody publishes depth or camera_info no image waits.
    """

    def __init__(self, node: Node, go_on: Callable[[Decided], None]) -> None:
        self._node = node
        self._go_on = go_on
        self._depth = FollowingSubscription(node, self._on_depth)
        self._camera_info = FollowingSubscription(node, self._on_camera_info)
        self._choice: DepthChoice | None = None
        self._matcher: DepthMatcher | None = None
        self._in_vain: Lack | None = None
        # A steady clock: an image's wait ends although simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(1.0, self._on_time, clock=steady)
        self._timer.cancel()  # until an image waits

    @property
    def topics(self) -> DepthTopics:
        """The resolved names of the topics, remapping applied."""
        resolve = self._node.resolve_topic_name
        return DepthTopics(depth=resolve("depth"), camera_info=resolve("camera_info"))

    @property
    def delay(self) -> float | None:
        """How long after its image the last depth came, in seconds; None when none did."""
        return None if self._matcher is None else self._matcher.delay

    @property
    def awaited(self) -> list[Awaited]:
        """What is listened to while depth is open."""
        topics = self.topics
        return [
            Awaited("depth", topics.depth, type_name(Image)),
            Awaited("camera_info", topics.camera_info, type_name(CameraInfo)),
        ]

    @property
    def unpublished(self) -> list[Awaited]:
        """What is listened to in vain."""
        if self._choice is None:
            return []
        subscriptions = (self._depth, self._camera_info)
        return [
            awaited
            for awaited, subscription in zip(self.awaited, subscriptions, strict=True)
            if not subscription.has_publisher
        ]

    def open(self, choice: DepthChoice) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        topics = self.topics
        if choice != self._choice:
            self.close()
            self._choice, self._matcher = choice, DepthMatcher(choice.rule, topics)
        self._depth.open(TopicChoice(Image, topics.depth, MOST_KEPT, choice.reliability))
        self._camera_info.open(
            TopicChoice(CameraInfo, topics.camera_info, MOST_KEPT, choice.reliability)
        )
        self._in_vain = self._why_in_vain(topics)

    def close(self) -> None:
        """Listen no more; images that wait go on without depth."""
        self._depth.close()
        self._camera_info.close()
        self._timer.cancel()
        matcher, self._matcher, self._choice = self._matcher, None, None
        self._pass([] if matcher is None else matcher.release(None))

    def take(self, arrival: Arrival) -> None:
        """Take an image: it goes on now or later."""
        if self._matcher is None:
            self._go_on(Decided(arrival))
            return
        self._pass(self._matcher.take_image(arrival))
        if self._in_vain is not None:
            self._pass(self._matcher.release(self._in_vain))

    def _on_depth(self, message: Image) -> None:
        if self._matcher is not None:
            self._pass(self._matcher.take_depth(message, time.monotonic()))

    def _on_camera_info(self, message: CameraInfo) -> None:
        if self._matcher is not None:
            self._pass(self._matcher.take_calibration(message, time.monotonic()))

    def _on_time(self) -> None:
        self._timer.cancel()
        if self._matcher is not None:
            self._pass(self._matcher.settle(time.monotonic()))

    def _pass(self, decided: Iterable[Decided]) -> None:
        for each in decided:
            self._go_on(each)
        self._set_timer()

    def _set_timer(self) -> None:
        """Wake up when the next image's wait is over.

        A timer that runs is left running, as it ends earlier: setting one wakes the executor up.
        """
        deadline = None if self._matcher is None else self._matcher.deadline
        if deadline is not None and self._timer.is_canceled():
            left = max(_SHORTEST_TIMER, deadline - time.monotonic())
            self._timer.timer_period_ns = round(1e9 * left)
            self._timer.reset()

    def _why_in_vain(self, topics: DepthTopics) -> Lack | None:
        """Return why no depth can come at all, or None."""
        if not self._depth.has_publisher:
            return topics.depth_not_published()
        if not self._camera_info.has_publisher:
            return topics.camera_info_not_published()
        return None
