"""The node's image subscription: raw or compressed, its QoS, and what to do when it is at odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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

ImageMessage = Image | CompressedImage


@dataclass(frozen=True)
class InputChoice:
    """What to subscribe to: `transport` raw or compressed, `reliability` auto or a fixed one."""

    transport: str
    reliability: str


class ImageInput:
    """Subscribes to the images and keeps the subscription compatible with their publishers."""

    def __init__(self, node: Node, on_image: Callable[[ImageMessage], None]) -> None:
        self._node = node
        self._on_image = on_image
        self._subscription: Subscription | None = None
        self._choice = InputChoice(RAW, AUTO)
        self._reliability = BEST_EFFORT

    @property
    def is_open(self) -> bool:
        """Whether images are subscribed to right now."""
        return self._subscription is not None

    @property
    def topic(self) -> str:
        """The resolved name of the topic, remapping applied."""
        return self._resolve(self._choice.transport)

    def open(self, choice: InputChoice) -> None:
        """Subscribe, or subscribe anew when the choice has changed."""
        if self.is_open and choice == self._choice:
            return
        self.close()
        self._choice = choice
        self._subscribe(self._suitable_reliability())

    def close(self) -> None:
        """Drop the subscription."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def follow_publishers(self) -> None:
        """With reliability `auto`, subscribe anew when the publishers that are there changed."""
        if not self.is_open or self._choice.reliability != AUTO:
            return
        suitable = self._suitable_reliability()
        if suitable != self._reliability:
            self.close()
            self._subscribe(suitable)

    def _subscribe(self, reliability: str) -> None:
        self._reliability = reliability
        compressed = self._choice.transport == COMPRESSED
        self._subscription = self._node.create_subscription(
            CompressedImage if compressed else Image,
            self.topic,
            self._on_image,
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST, depth=1, reliability=_POLICIES[reliability]
            ),
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._warn_of_qos),
        )
        chosen = " (following its publishers)" if self._choice.reliability == AUTO else ""
        self._node.get_logger().info(
            f"listening to {self.topic} ({self._choice.transport}), {reliability}{chosen}"
        )

    def _suitable_reliability(self) -> str:
        """Return the fixed choice, else reliable where every publisher is, else best effort."""
        if self._choice.reliability != AUTO:
            return self._choice.reliability
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if not publishers:
            # Best effort is compatible with whoever comes; an open choice is kept as it is.
            return self._reliability if self.is_open else BEST_EFFORT
        policies = {publisher.qos_profile.reliability for publisher in publishers}
        return RELIABLE if policies == {ReliabilityPolicy.RELIABLE} else BEST_EFFORT

    def _warn_of_qos(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        self._node.get_logger().error(
            f"no image can come from {info.total_count} publisher(s) of {self.topic}: they do not "
            f"offer what input_reliability '{self._choice.reliability}' asks for "
            f"({info.last_policy_kind}); set input_reliability to '{AUTO}' or '{BEST_EFFORT}'"
        )

    def _resolve(self, transport: str) -> str:
        base = self._node.resolve_topic_name(TOPIC)
        if transport == RAW:
            return base
        # Who remaps `image` alone means its compressed sibling too, as with image_transport.
        own = f"{TOPIC}/{COMPRESSED}"
        resolved = self._node.resolve_topic_name(own)
        is_remapped = resolved != self._node.resolve_topic_name(own, only_expand=True)
        return resolved if is_remapped else f"{base}/{COMPRESSED}"
