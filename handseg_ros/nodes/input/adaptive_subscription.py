"""A subscription whose QoS follows the topic's publishers, and what to do when at odds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

if TYPE_CHECKING:
    from rclpy.topic_endpoint_info import TopicEndpointInfo

AUTO, RELIABLE, BEST_EFFORT = "auto", "reliable", "best_effort"

_POLICIES = {
    RELIABLE: ReliabilityPolicy.RELIABLE,
    BEST_EFFORT: ReliabilityPolicy.BEST_EFFORT,
}
# Of how many messages it is known that they came: what is latched comes again to a subscription
# that is made while another one of the same topic is there.
_MAX_REMEMBERED = 32


@dataclass(frozen=True)
class SubscriptionOptions:
    """What to subscribe to: message type, name, and how many messages may queue up.

    The name is as rclpy takes it, which expands it and applies remapping: a resolved one would be
    remapped twice, which swaps swapped cameras back.
    `reliability` is auto or a fixed one; `is_raw` has messages come as the bytes that they are.
    """

    type: type
    name: str
    queue: int
    reliability: str
    is_raw: bool = False


@dataclass(frozen=True)
class _Request:
    """What one subscription asks of its publishers."""

    reliability: str
    is_latched: bool = False

    def __str__(self) -> str:
        return f"{self.reliability}{', latched messages too' if self.is_latched else ''}"


# Only a reliable subscription gets what was published before it was there.
_LATCHED = _Request(RELIABLE, is_latched=True)


class AdaptiveSubscription:
    """Subscribes to a topic and keeps the subscription compatible with its publishers.

    With reliability `auto` the subscription waits for the first publisher, to be made once and
    right: one that is made anew when publishers are found would lose their first messages. What
    publishers keep for late subscribers (durability transient_local) is taken too. A publisher
    that keeps nothing offers less than such a subscription asks for, so where both kinds are, there
    are two subscriptions, and what comes on both is handed on once.
    """

    def __init__(self, node: Node, on_message: Callable[[Any], None]) -> None:
        self._node = node
        self._on_message = on_message
        self._subscriptions: dict[_Request, Subscription] = {}
        self._options: SubscriptionOptions | None = None
        self._sent: deque[int] = deque(maxlen=_MAX_REMEMBERED)
        self._is_latch_lost = False
        self._has_publisher = False

    @property
    def is_open(self) -> bool:
        """Whether the topic is listened to, or will be as soon as somebody publishes it."""
        return self._options is not None

    @property
    def has_publisher(self) -> bool:
        """Whether the topic was published, with its type, when `open` was called last."""
        return self._has_publisher

    def open(self, options: SubscriptionOptions) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        if options != self._options:
            self.close()
        self._options = options
        wanted = self._suitable(options)
        for request in wanted - self._subscriptions.keys():
            self._subscribe(options, request)
        for request in self._subscriptions.keys() - wanted:
            self._node.destroy_subscription(self._subscriptions.pop(request))

    def close(self) -> None:
        """Listen no more."""
        for subscription in self._subscriptions.values():
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self._sent.clear()
        self._options = None
        self._is_latch_lost = False
        self._has_publisher = False

    def _subscribe(self, options: SubscriptionOptions, request: _Request) -> None:
        take: Any = self._take  # Jazzy's hints know no callback with the message's information
        durability = DurabilityPolicy.VOLATILE
        if request.is_latched:
            durability = DurabilityPolicy.TRANSIENT_LOCAL
        self._subscriptions[request] = self._node.create_subscription(
            options.type,
            options.name,
            take,
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST,
                depth=options.queue,
                reliability=_POLICIES[request.reliability],
                durability=durability,
            ),
            raw=options.is_raw,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=_ignore if request.is_latched else self._warn_of_qos
            ),
        )
        chosen = " (following its publishers)" if options.reliability == AUTO else ""
        self._node.get_logger().info(
            f"listening to {self._topic(options)} ({options.type.__name__}), {request}{chosen}"
        )

    def _topic(self, options: SubscriptionOptions) -> str:
        return self._node.resolve_topic_name(options.name)

    def _take(self, message: Any, info: Mapping[str, Any]) -> None:
        sent = info["source_timestamp"]
        if sent:  # 0 where a middleware does not tell
            if sent in self._sent:
                return
            self._sent.append(sent)
        self._on_message(message)

    def _suitable(self, options: SubscriptionOptions) -> set[_Request]:
        """Return what to ask for; without a publisher what is there is kept."""
        publishers = self._node.get_publishers_info_by_topic(options.name)
        publishers = [item for item in publishers if item.topic_type == type_name(options.type)]
        self._has_publisher = bool(publishers)
        if not publishers:
            fixed = set() if options.reliability == AUTO else {_Request(options.reliability)}
            return set(self._subscriptions) or fixed
        live = [item for item in publishers if not _is_latched(item)]
        is_some_latched = len(live) < len(publishers)
        if options.reliability == BEST_EFFORT:
            self._tell_of_lost_latch(options, is_some_latched)
            return {_Request(BEST_EFFORT)}
        wanted = {_LATCHED} if is_some_latched else set()
        if live:
            wanted.add(_Request(_suitable_reliability(options, live)))
        return wanted

    def _tell_of_lost_latch(self, options: SubscriptionOptions, is_some_latched: bool) -> None:
        if is_some_latched and not self._is_latch_lost:
            self._node.get_logger().warning(
                f"what was published on {self._topic(options)} before now does not come, although "
                f"its publisher keeps it, as input_reliability is '{BEST_EFFORT}': set it to "
                f"'{AUTO}'"
            )
        self._is_latch_lost = is_some_latched

    def _warn_of_qos(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        # One that follows its publishers suits them a moment later.
        if self._options is None or self._options.reliability == AUTO:
            return
        topic = self._topic(self._options)
        self._node.get_logger().error(
            f"nothing can come from {info.total_count} publisher(s) of {topic}: they "
            f"do not offer what input_reliability '{self._options.reliability}' asks for "
            f"({info.last_policy_kind}); set input_reliability to '{AUTO}' or '{BEST_EFFORT}'"
        )


def _suitable_reliability(options: SubscriptionOptions, publishers: list[TopicEndpointInfo]) -> str:
    """Return the fixed choice; for `auto`, reliable where every publisher is, else best effort."""
    if options.reliability != AUTO:
        return options.reliability
    policies = {publisher.qos_profile.reliability for publisher in publishers}
    return RELIABLE if policies == {ReliabilityPolicy.RELIABLE} else BEST_EFFORT


def _is_latched(publisher: TopicEndpointInfo) -> bool:
    """Return whether a publisher keeps messages for late subscribers, and can send them."""
    profile = publisher.qos_profile
    return (
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
        and profile.reliability == ReliabilityPolicy.RELIABLE
    )


def _ignore(info: QoSRequestedIncompatibleQoSInfo) -> None:
    """Say nothing of publishers that keep no messages: the other subscription is for them."""


def type_name(message_type: Any) -> str:
    """Return a message type's name as the graph has it: sensor_msgs/msg/Image."""
    package, folder, *_ = message_type.__module__.split(".")
    return f"{package}/{folder}/{message_type.__name__}"
