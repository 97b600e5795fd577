"""The node's image subscription: raw or compressed, its QoS, and what to do when it is at odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

TOPIC = "image"
RAW, COMPRESSED = "raw", "compressed"
AUTO, RELIABLE, BEST_EFFORT = "auto", "reliable", "best_effort"

_POLICIES = {
    RELIABLE: ReliabilityPolicy.RELIABLE,
    BEST_EFFORT: ReliabilityPolicy.BEST_EFFORT,
}

ImageMessage: TypeAlias = Image | CompressedImage


@dataclass(frozen=True)
class InputChoice:
    """What to subscribe to: `transport` raw or compressed, `reliability` auto or a fixed one."""

    transport: str
    reliability: str


class ImageInput:
    """Subscribes to the images and keeps the subscription compatible with their publishers.

    With reliability `auto` the subscription waits for the first publisher, to be made once and
    right: one that is made anew when publishers are found would lose their first images.
    """

    def __init__(self, node: Node, on_image: Callable[[ImageMessage], None]) -> None:
        self._node = node
        self._on_image = on_image
        self._subscription: Subscription | None = None
        self._choice: InputChoice | None = None
        self._reliability = ""

    @property
    def is_open(self) -> bool:
        """Whether images are listened to, or will be as soon as somebody publishes them."""
        return self._choice is not None

    def topic(self, transport: str) -> str:
        """Return the resolved name of the topic for a transport, remapping applied."""
        base = self._node.resolve_topic_name(TOPIC)
        if transport == RAW:
            return base
        # Who remaps `image` alone means its compressed sibling too, as with image_transport.
        own = f"{TOPIC}/{COMPRESSED}"
        resolved = self._node.resolve_topic_name(own)
        is_remapped = resolved != self._node.resolve_topic_name(own, only_expand=True)
        return resolved if is_remapped else f"{base}/{COMPRESSED}"

    def open(self, choice: InputChoice) -> None:
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

    def _subscribe(self, choice: InputChoice, reliability: str) -> None:
        self._reliability = reliability
        topic = self.topic(choice.transport)
        self._subscription = self._node.create_subscription(
            CompressedImage if choice.transport == COMPRESSED else Image,
            topic,
            self._on_image,
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST, depth=1, reliability=_POLICIES[reliability]
            ),
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._warn_of_qos),
        )
        chosen = " (following its publishers)" if choice.reliability == AUTO else ""
        self._node.get_logger().info(
            f"listening to {topic} ({choice.transport}), {reliability}{chosen}"
        )

    def _suitable_reliability(self, choice: InputChoice) -> str:
        """Return the fixed choice; for `auto`, reliable where every publisher is, else best effort.

        Without a publisher, what is there is kept, and nothing is chosen yet.
        """
        if choice.reliability != AUTO:
            return choice.reliability
        publishers = self._node.get_publishers_info_by_topic(self.topic(choice.transport))
        if not publishers:
            return self._reliability
        policies = {publisher.qos_profile.reliability for publisher in publishers}
        return RELIABLE if policies == {ReliabilityPolicy.RELIABLE} else BEST_EFFORT

    def _warn_of_qos(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        if self._choice is None:
            return
        self._node.get_logger().error(
            f"no image can come from {info.total_count} publisher(s) of "
            f"{self.topic(self._choice.transport)}: they do not offer what input_reliability "
            f"'{self._choice.reliability}' asks for ({info.last_policy_kind}); set "
            f"input_reliability to '{AUTO}' or '{BEST_EFFORT}'"
        )
