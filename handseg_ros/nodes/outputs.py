"""The node's output topics: what is published where, and nothing that nobody listens to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import fill_compressed, fill_image
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.msg import HandInstances, LabelInfo
from handseg_ros.nodes import detections
from handseg_ros.nodes.hand_messages import hands_message, label_message
from handseg_ros.nodes.last_hands import FoundHands, LastHands
from handseg_ros.segmentation.description import HAND, OBJECT
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay

_RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
_KEPT = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


@dataclass(frozen=True)
class Answer:
    """One answered frame: header, BGR pixels, hands, what is told of them, how to show them."""

    header: Header
    frame: np.ndarray
    segmentation: Segmentation
    circumstances: Circumstances
    overlay_mode: OverlayMode
    palette: Palette


@dataclass(frozen=True)
class Topic:
    """One output: its private name, message type, and what README says of it."""

    name: str
    type: type
    content: str


HANDS = Topic("~/hands", HandInstances, "the hands of every processed frame, empty when none")
MASK = Topic("~/mask", Image, "mono8, 0 or 255: the union of the hands")
INSTANCES = Topic("~/instances", Image, "mono8, 0 background, else the hand's id in this frame")
OVERLAY = Topic("~/overlay", Image, "bgr8: the image with its hands and objects drawn, for people")
MASK_PNG = Topic("~/mask/compressed", CompressedImage, "the mask as PNG, lossless")
INSTANCES_PNG = Topic("~/instances/compressed", CompressedImage, "the ids as PNG, lossless")
OVERLAY_JPEG = Topic("~/overlay/compressed", CompressedImage, "the overlay as JPEG")
OBJECTS = Topic("~/objects", Image, "mono8, 0 or 255: the objects, of models that know objects")
LABELS = Topic("~/label_info", LabelInfo, "latched: the names of the mask's values")
OBJECT_LABELS = Topic("~/objects/label_info", LabelInfo, "latched: the same of the objects' values")

PER_FRAME = (HANDS, MASK, INSTANCES, OVERLAY, MASK_PNG, INSTANCES_PNG, OVERLAY_JPEG, OBJECTS)
LATCHED = (LABELS, OBJECT_LABELS)


class Outputs:
    """Publishes answers; every message carries the header of the image that it answers."""

    def __init__(self, node: LifecycleNode) -> None:
        self._publishers = {topic: _publisher(node, topic, _RELIABLE) for topic in PER_FRAME}
        self._labels = {topic: _publisher(node, topic, _KEPT) for topic in LATCHED}
        self._detections = _detection_output(node)
        self.last_hands = LastHands(self._publish_hands, node.get_clock())

    def any_wanted(self, classes: tuple[str, ...]) -> bool:
        """Whether anybody listens to a topic that a model of these classes fills every frame."""
        if self._detections is not None and self._detections.is_wanted:
            return True
        return any(
            self._wanted(topic) for topic in PER_FRAME if topic is not OBJECTS or OBJECT in classes
        )

    def publish_labels(self, header: Header, classes: tuple[str, ...]) -> None:
        """Publish the latched names of the masks' values, for a model that knows these classes."""
        for topic, name in ((LABELS, HAND), (OBJECT_LABELS, OBJECT)):
            known = name if name in classes else None
            self._labels[topic].publish(label_message(header, known))

    def publish(self, answer: Answer) -> None:
        """Publish what is listened to, the hands first: they are what a robot waits for."""
        found = FoundHands(answer.header, answer.segmentation, answer.circumstances)
        self.last_hands.publish(found)
        if self._detections is not None:
            self._detections.publish(found)
        self._publish_images(MASK, MASK_PNG, "mono8", "png", answer, answer.segmentation.mask)
        self._publish_images(
            INSTANCES, INSTANCES_PNG, "mono8", "png", answer, answer.segmentation.instances
        )
        if answer.segmentation.objects is not None:
            self._publish_wanted(
                OBJECTS, lambda: _image(answer.header, answer.segmentation.object_mask(), "mono8")
            )
        self._publish_images(OVERLAY, OVERLAY_JPEG, "bgr8", "jpeg", answer, lambda: _draw(answer))

    def _publish_hands(self, found: FoundHands) -> None:
        self._publish_wanted(
            HANDS, lambda: hands_message(found.header, found.segmentation, found.circumstances)
        )

    def _publish_images(
        self,
        raw: Topic,
        compressed: Topic,
        encoding: str,
        file_format: str,
        answer: Answer,
        make: Callable[[], np.ndarray],
    ) -> None:
        """Publish one picture raw and compressed, made once, and only if one is listened to."""
        if not (self._wanted(raw) or self._wanted(compressed)):
            return
        picture = make()
        self._publish_wanted(raw, lambda: _image(answer.header, picture, encoding))
        self._publish_wanted(compressed, lambda: _compressed(answer.header, picture, file_format))

    def _publish_wanted(self, topic: Topic, make: Callable[[], Any]) -> None:
        if self._wanted(topic):
            self._publishers[topic].publish(make())

    def _wanted(self, topic: Topic) -> bool:
        return self._publishers[topic].get_subscription_count() > 0


def _publisher(node: LifecycleNode, topic: Topic, profile: QoSProfile) -> LifecyclePublisher[Any]:
    return node.create_lifecycle_publisher(
        topic.type,
        topic.name,
        profile,
        qos_overriding_options=QoSOverridingOptions.with_default_policies(),
    )


def _detection_output(node: LifecycleNode) -> detections.DetectionOutput | None:
    types = detections.installed_types(node.get_logger())
    if types is None:
        return None
    topic = Topic(detections.NAME, types.detections, detections.CONTENT)
    return detections.DetectionOutput(types, _publisher(node, topic, _RELIABLE))


def _draw(answer: Answer) -> np.ndarray:
    return draw_overlay(answer.frame, answer.segmentation, answer.overlay_mode, answer.palette)


def _image(header: Header, picture: np.ndarray, encoding: str) -> Image:
    message = Image(header=header)
    fill_image(message, picture, encoding)
    return message


def _compressed(header: Header, picture: np.ndarray, file_format: str) -> CompressedImage:
    message = CompressedImage(header=header)
    fill_compressed(message, picture, file_format)
    return message
