"""The node's image subscription: raw or compressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from handseg_ros.image_messages.serialized import (
    SerializedCompressedImage,
    SerializedImage,
    read_compressed_image,
    read_image,
)
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.input.adaptive_subscription import (
    AdaptiveSubscription,
    SubscriptionOptions,
    type_name,
)
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.segmentation.errors import ImageError

TOPIC = "image"
RAW, COMPRESSED = "raw", "compressed"

ImageMessage: TypeAlias = SerializedImage | SerializedCompressedImage


@dataclass(frozen=True)
class ImageInputOptions:
    """What to subscribe to: `transport` raw or compressed, `reliability` auto or a fixed one."""

    transport: str
    reliability: str


class ImageInput:
    """Subscribes to the images; of those that queue up only the newest is kept.

    They come as bytes, of which the header and where the pixels lie are read: `on_image` takes
    that, `on_bad` the error of bytes that are no message.
    """

    def __init__(
        self,
        node: Node,
        topics: CameraTopics,
        on_image: Callable[[ImageMessage], None],
        on_bad: Callable[[ImageError], None],
    ) -> None:
        self._node = node
        self._name = topics.of(TOPIC)
        self._on_image, self._on_bad = on_image, on_bad
        self._transport = RAW
        self._subscription = AdaptiveSubscription(node, self._take)

    @property
    def is_open(self) -> bool:
        """Whether images are listened to, or will be as soon as somebody publishes them."""
        return self._subscription.is_open

    def topic(self, transport: str) -> str:
        """Return the resolved name of the topic for a transport, remapping applied."""
        base = self._node.resolve_topic_name(self._name)
        if transport == RAW:
            return base
        # Who remaps `image` alone means its compressed sibling too, as with image_transport.
        own = f"{self._name}/{COMPRESSED}"
        resolved = self._node.resolve_topic_name(own)
        is_remapped = resolved != self._node.resolve_topic_name(own, only_expand=True)
        return resolved if is_remapped else f"{base}/{COMPRESSED}"

    def open(self, options: ImageInputOptions) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        kind = CompressedImage if options.transport == COMPRESSED else Image
        name = self.topic(options.transport)
        self._transport = options.transport
        self._subscription.open(
            SubscriptionOptions(kind, name, 1, options.reliability, is_raw=True)
        )

    def expected(self, transport: str) -> ExpectedTopic:
        """Return what is listened to with a transport."""
        kind = CompressedImage if transport == COMPRESSED else Image
        return ExpectedTopic(self._name, self.topic(transport), type_name(kind))

    def unpublished(self, transport: str) -> list[ExpectedTopic]:
        """Return what is listened to in vain."""
        is_in_vain = self._subscription.is_open and not self._subscription.has_publisher
        return [self.expected(transport)] if is_in_vain else []

    def close(self) -> None:
        """Listen no more."""
        self._subscription.close()

    def _take(self, data: bytes) -> None:
        read = read_image if self._transport == RAW else read_compressed_image
        try:
            message = read(data, Header())
        except ImageError as error:
            self._on_bad(error)
            return
        self._on_image(message)
