"""A subscription whose reliability follows the topic's publishers, and what to do when at odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

AUTO, RELIABLE, BEST_EFFORT = "auto", "reliable", "best_effort"

_POLICIES = {
    RELIABLE: ReliabilityPolicy.RELIABLE,
    BEST_EFFORT: ReliabilityPolicy.BEST_EFFORT,
}


@dataclass(frozen=True)
class TopicChoice:
    """What to subscribe to: message type, resolved name, and how many messages may queue up.

    `reliability` is auto or a fixed one.
    """

    type: type
    name: str
    queue: int
    reliability: str


class FollowingSubscription:
    """Subscribes to a topic and keeps the subscription compatible with its publishers.

    With reliability `auto` the subscription waits for the first publisher, to be made once and
    right: one that is made anew when publishers are found would lose their first messages.
    """

    def __init__(self, node: Node, on_message: Callable[[Any], None]) -> None:
        self._node = node
        self._on_message = on_message
        self._subscription: Subscription | None = None
        self._choice: TopicChoice | None = None
        self._reliability = ""

    @property
    def is_open(self) -> bool:
        """Whether the topic is listened to, or will be as soon as somebody publishes it."""
        return self._choice is not None

    def open(self, choice: TopicChoice) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        if choice != self._choice:
            self.close()
        self._choice = choice
        suitable = self._suitable_reliability(choice)
        if suitable and suitable != self._reliability:
            self._drop()
            self._subscribe(choice, suitable)

    def close(self) -> None:
        """Listen no more."""
        self._drop()
        self._choice = None

    def _drop(self) -> None:
        self._reliability = ""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _subscribe(self, choice: TopicChoice, reliability: str) -> None:
        self._reliability = reliability
        self._subscription = self._node.create_subscription(
            choice.type,
            choice.name,
            self._on_message,
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST,
                depth=choice.queue,
                reliability=_POLICIES[reliability],
            ),
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._warn_of_qos),
        )
        chosen = " (following its publishers)" if choice.reliability == AUTO else ""
        self._node.get_logger().info(
            f"listening to {choice.name} ({choice.type.__name__}), {reliability}{chosen}"
        )

    def _suitable_reliability(self, choice: TopicChoice) -> str:
        """Return the fixed choice; for `auto`, reliable where every publisher is, else best effort.

        Without a publisher, what is there is kept, and nothing is chosen yet.
        """
        if choice.reliability != AUTO:
            return choice.reliability
        publishers = self._node.get_publishers_info_by_topic(choice.name)
        if not publishers:
            return self._reliability
        policies = {publisher.qos_profile.reliability for publisher in publishers}
        return RELIABLE if policies == {ReliabilityPolicy.RELIABLE} else BEST_EFFORT

    def _warn_of_qos(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        if self._choice is None:
            return
        self._node.get_logger().error(
            f"nothing can come from {info.total_count} publisher(s) of {self._choice.name}: they "
            f"do not offer what input_reliability '{self._choice.reliability}' asks for "
            f"({info.last_policy_kind}); set input_reliability to '{AUTO}' or '{BEST_EFFORT}'"
        )
