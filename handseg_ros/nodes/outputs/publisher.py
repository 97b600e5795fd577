"""The node's answers on its output topics, and nothing that nobody listens to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from std_msgs.msg import Header

from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.depth.points import Region, points
from handseg_ros.image_messages.encode import fill_compressed, fill_image
from handseg_ros.nodes.depth.depth_frame import DepthFrame
from handseg_ros.nodes.outputs import detection_publisher
from handseg_ros.nodes.outputs.cloud_messages import cloud_message
from handseg_ros.nodes.outputs.hand_messages import hands_message, label_message
from handseg_ros.nodes.outputs.last_hands import LastHands, StampedSegmentation
from handseg_ros.nodes.outputs.markers import HandMarkers
from handseg_ros.nodes.outputs.segmented_frame import SegmentedFrame
from handseg_ros.nodes.outputs.topics import (
    DEPTH_WITHOUT_HANDS,
    HANDS,
    INSTANCES,
    INSTANCES_COLOR,
    INSTANCES_PNG,
    KEEP_OUT,
    LABELS,
    LATCHED,
    MARKERS,
    MASK,
    MASK_PNG,
    OBJECT_LABELS,
    OBJECT_POINTS,
    OBJECTS,
    OVERLAY,
    OVERLAY_JPEG,
    PER_FRAME,
    POINTS,
    Topic,
)
from handseg_ros.nodes.overridable_publisher import create_overridable_publisher
from handseg_ros.segmentation.description import HAND, OBJECT
from handseg_ros.segmentation.hands import Segmentation, union
from handseg_ros.segmentation.id_picture import draw_ids
from handseg_ros.segmentation.overlay import draw_overlay

_RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
_KEPT = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class OutputPublisher:
    """Publishes answers; every message carries the header of the image that it answers."""

    def __init__(self, node: LifecycleNode) -> None:
        self._publishers = {topic: _publisher(node, topic, _RELIABLE) for topic in PER_FRAME}
        self._labels = {topic: _publisher(node, topic, _KEPT) for topic in LATCHED}
        self._detections = _detection_output(node)
        self.last_hands = LastHands(self._publish_hands, node.get_clock())
        self._markers = HandMarkers()

    def any_wanted(self, known: Collection[str]) -> bool:
        """Whether anybody listens to a topic that is filled where so much is known.

        `known` are the model's classes, and `DEPTH` where there is depth.
        """
        return self._detections_wanted() or any(
            self._wanted(topic) for topic in PER_FRAME if all(need in known for need in topic.needs)
        )

    def names(self, known: Collection[str]) -> list[str]:
        """Return the full names of the topics that are filled where so much is known."""
        filled = [topic for topic in PER_FRAME if all(need in known for need in topic.needs)]
        return [self._publishers[topic].topic_name for topic in filled]

    def positions_wanted(self) -> bool:
        """Whether anybody listens to a topic that tells where the hands are in metres."""
        return self._detections_wanted() or self._wanted(HANDS) or self._wanted(MARKERS)

    def _detections_wanted(self) -> bool:
        return self._detections is not None and self._detections.is_wanted

    def publish_labels(self, header: Header, classes: tuple[str, ...]) -> None:
        """Publish the latched names of the masks' values, for a model that knows these classes."""
        for topic, name in ((LABELS, HAND), (OBJECT_LABELS, OBJECT)):
            known = name if name in classes else None
            self._labels[topic].publish(label_message(header, known))

    def publish(self, result: SegmentedFrame) -> None:
        """Publish what is listened to, the hands first: they are what a robot waits for."""
        found = StampedSegmentation(result.header, result.segmentation, result.circumstances)
        self.last_hands.publish(found)
        if self._detections is not None:
            self._detections.publish(found)
        self._publish_images(MASK, MASK_PNG, "mono8", "png", result, result.segmentation.mask)
        self._publish_images(
            INSTANCES, INSTANCES_PNG, "mono8", "png", result, result.segmentation.instances
        )
        self._publish_wanted(
            INSTANCES_COLOR,
            lambda: _image(result.header, draw_ids(result.segmentation), "bgr8"),
        )
        if result.segmentation.objects is not None:
            self._publish_wanted(
                OBJECTS, lambda: _image(result.header, result.segmentation.object_mask(), "mono8")
            )
        self._publish_keep_out(result)
        self._publish_wanted(
            MARKERS,
            lambda: self._markers.message(
                result.header, result.segmentation, result.circumstances.measurements
            ),
        )
        if result.depth_frame is not None:
            self._publish_points(result, result.depth_frame)
        self._publish_images(OVERLAY, OVERLAY_JPEG, "bgr8", "jpeg", result, lambda: _draw(result))

    def _publish_hands(self, found: StampedSegmentation) -> None:
        self._publish_wanted(
            HANDS, lambda: hands_message(found.header, found.segmentation, found.circumstances)
        )

    def _publish_keep_out(self, result: SegmentedFrame) -> None:
        """Publish the pixels to keep out of, and the depth image without them."""
        depth_frame = result.depth_frame
        depth_wanted = depth_frame is not None and self._wanted(DEPTH_WITHOUT_HANDS)
        if not (self._wanted(KEEP_OUT) or depth_wanted):
            return
        view = None if depth_frame is None else depth_frame.view
        reach = result.spatial
        mask = keep_out(result.segmentation, view, reach.keep_out_distance, reach.keep_out_pixels)
        self._publish_wanted(KEEP_OUT, lambda: _image(result.header, mask, "mono8"))
        if depth_frame is not None and depth_wanted:
            self._publish_wanted(DEPTH_WITHOUT_HANDS, lambda: _depth_without(depth_frame, mask))

    def _publish_points(self, result: SegmentedFrame, depth_frame: DepthFrame) -> None:
        def cloud(regions: list[Region]) -> PointCloud2:
            made = points(depth_frame.view, regions, result.frame, result.spatial.voxel_size)
            return cloud_message(result.header, made)

        hands = result.segmentation.hands
        self._publish_wanted(
            POINTS, lambda: cloud([(hand.id, hand.box, hand.mask) for hand in hands])
        )
        if result.segmentation.objects is not None:
            self._publish_wanted(OBJECT_POINTS, lambda: cloud(_touched(result.segmentation)))

    def _publish_images(
        self,
        raw: Topic,
        compressed: Topic,
        encoding: str,
        file_format: str,
        result: SegmentedFrame,
        make: Callable[[], np.ndarray],
    ) -> None:
        """Publish one picture raw and compressed, made once, and only if one is listened to."""
        if not (self._wanted(raw) or self._wanted(compressed)):
            return
        picture = make()
        self._publish_wanted(raw, lambda: _image(result.header, picture, encoding))
        self._publish_wanted(compressed, lambda: _compressed(result.header, picture, file_format))

    def _publish_wanted(self, topic: Topic, make: Callable[[], Any]) -> None:
        if self._wanted(topic):
            self._publishers[topic].publish(make())

    def _wanted(self, topic: Topic) -> bool:
        return self._publishers[topic].get_subscription_count() > 0


def _publisher(node: LifecycleNode, topic: Topic, profile: QoSProfile) -> LifecyclePublisher[Any]:
    create = node.create_lifecycle_publisher
    return create_overridable_publisher(node, create, topic.type, topic.name, profile)


def _detection_output(node: LifecycleNode) -> detection_publisher.DetectionPublisher | None:
    types = detection_publisher.installed_types(node.get_logger())
    if types is None:
        return None
    topic = Topic(detection_publisher.NAME, types.detections, detection_publisher.CONTENT)
    return detection_publisher.DetectionPublisher(types, _publisher(node, topic, _RELIABLE))


def _draw(result: SegmentedFrame) -> np.ndarray:
    return draw_overlay(result.frame, result.segmentation, result.overlay_mode, result.palette)


def _touched(segmentation: Segmentation) -> list[Region]:
    """Return what each hand touches, as one region with the hand's id."""
    touched = ((hand.id, segmentation.touched_by(hand)) for hand in segmentation.hands)
    return [(id_, *union(objects)) for id_, objects in touched if objects]


def _depth_without(depth_frame: DepthFrame, mask: np.ndarray) -> Image:
    depth = depth_frame.message
    return _image(depth.header, without_hands(depth_frame.view.depth.picture, mask), depth.encoding)


def _image(header: Header, picture: np.ndarray, encoding: str) -> Image:
    message = Image(header=header)
    fill_image(message, picture, encoding)
    return message


def _compressed(header: Header, picture: np.ndarray, file_format: str) -> CompressedImage:
    message = CompressedImage(header=header)
    fill_compressed(message, picture, file_format)
    return message
