"""The node's image subscription: raw or compressed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from handseg_ros.image_messages.serialized import read_compressed_image, read_image
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.input.adaptive_subscription import (
    AdaptiveSubscription,
    SubscriptionOptions,
    type_name,
)
from handseg_ros.nodes.input.frame_input import FrameCallbacks, ImageInputOptions
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.segmentation.errors import ImageError

TOPIC = "image"
RAW, COMPRESSED = "raw", "compressed"


class ImageInput:
    """Subscribes to the images; of those that queue up only the newest is kept.

    They come as bytes, of which the header and where the pixels lie are read. Nobody else wants
    these images of this node: they are its camera's.
    """

    is_wanted = False

    def __init__(self, node: Node, topics: CameraTopics, callbacks: FrameCallbacks) -> None:
        self._node = node
        self._name = topics.of(TOPIC)
        self._callbacks = callbacks
        self._transport = RAW
        self._subscription = AdaptiveSubscription(node, self._take)

    @property
    def is_open(self) -> bool:
        """Whether images are listened to, or will be as soon as somebody publishes them."""
        return self._subscription.is_open

    def topic(self, transport: str) -> str:
        """Return the resolved name of the topic for a transport, remapping applied."""
        return self._node.resolve_topic_name(self._given_name(transport))

    def _given_name(self, transport: str) -> str:
        if transport == RAW:
            return self._name
        # Who remaps `image` alone means its compressed sibling too, as with image_transport.
        own = f"{self._name}/{COMPRESSED}"
        resolve = self._node.resolve_topic_name
        is_remapped = resolve(own) != resolve(own, only_expand=True)
        return own if is_remapped else f"{resolve(self._name)}/{COMPRESSED}"

    def open(self, options: ImageInputOptions) -> None:
        """Listen as chosen; call it again and again, so that it can follow the publishers."""
        kind = CompressedImage if options.transport == COMPRESSED else Image
        name = self._given_name(options.transport)
        self._transport = options.transport
        self._subscription.open(
            SubscriptionOptions(kind, name, 1, options.reliability, is_raw=True)
        )

    def described(self, transport: str) -> str:
        """Return what is listened to with a transport."""
        expected = self._expected(transport)
        return f"{expected.topic} ({expected.type})"

    def terms(self, reliability: str) -> str:
        """Return with what QoS it is listened."""
        return f", with reliability {reliability} and the durability of the publishers"

    def _expected(self, transport: str) -> ExpectedTopic:
        kind = CompressedImage if transport == COMPRESSED else Image
        return ExpectedTopic(self._name, self.topic(transport), type_name(kind))

    def unpublished(self, transport: str) -> list[ExpectedTopic]:
        """Return what is listened to in vain."""
        is_in_vain = self._subscription.is_open and not self._subscription.has_publisher
        return [self._expected(transport)] if is_in_vain else []

    def close(self) -> None:
        """Listen no more."""
        self._subscription.close()

    def _take(self, data: bytes) -> None:
        read = read_image if self._transport == RAW else read_compressed_image
        try:
            message = read(data, Header())
        except ImageError as error:
            self._callbacks.on_bad(error)
            return
        self._callbacks.on_image(message)
