"""The image source's publishers: images, raw or compressed, each with camera_info and depth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import fill_compressed, fill_image
from handseg_ros.image_messages.message_library import COMPRESSED_IMAGE, IMAGE
from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.sources import Frame
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.input.image_input import COMPRESSED, RAW, TOPIC
from handseg_ros.nodes.outputs.serialized_messages import SerializedMessages, serialize
from handseg_ros.nodes.overridable_publisher import create_overridable_publisher
from handseg_ros.nodes.source.camera_calibration import Calibration, uncalibrated
from handseg_ros.segmentation.errors import HandsegError

LOG_PERIOD = 5.0
_LIBRARY = SerializedMessages()


class ImageOutput:
    """Publishes frames, reliably, as `image` or `image/compressed`, and `camera_info`."""

    def __init__(
        self,
        node: Node,
        topics: CameraTopics,
        transport: str,
        calibration: Calibration | None,
    ) -> None:
        self._node = node
        self._calibration = calibration
        self._compressed = transport == COMPRESSED
        kind = CompressedImage if self._compressed else Image
        self._images = _publisher(node, kind, _topic(node, topics.of(TOPIC), transport))
        self._infos = _publisher(node, CameraInfo, topics.of("camera_info"))

    @property
    def topic(self) -> str:
        """The resolved name of the image topic, remapping applied."""
        return self._images.topic_name

    @property
    def subscribers(self) -> int:
        """How many subscriptions the image topic has."""
        return self._images.get_subscription_count()

    def publish(self, frame: Frame, header: Header, quality: int) -> None:
        """Publish a frame and its camera_info with this header; `quality` is JPEG's, 1 to 100.

        The image is only made where somebody listens: a large one costs milliseconds.
        """
        self._infos.publish(self._info(frame, header))
        if not self.subscribers:
            return
        kind = COMPRESSED_IMAGE if self._compressed else IMAGE
        message = _LIBRARY.new(kind)
        message.header = header
        if self._compressed:
            fill_compressed(message, frame.image, "jpeg", quality, _LIBRARY.data)
        else:
            fill_image(message, frame.image, "bgr8", _LIBRARY.data)
        self._images.publish(serialize(kind, message))

    def _info(self, frame: Frame, header: Header) -> CameraInfo:
        height, width = frame.image.shape[:2]
        calibration = self._calibration
        if calibration is None:
            return uncalibrated(header, height, width)
        if (calibration.height, calibration.width) != (height, width):
            self._node.get_logger().error(
                f"camera_info says 'not calibrated': the calibration is for "
                f"{calibration.width}x{calibration.height} pixels, but the images have "
                f"{width}x{height}; calibrate at that size, or correct camera_info_url",
                throttle_duration_sec=LOG_PERIOD,
            )
            return uncalibrated(header, height, width)
        return calibration.message(header)


class DepthOutput:
    """Publishes the depth that lies beside frames, reliably, as `depth`: 16UC1, millimetres."""

    def __init__(self, node: Node, pictures: DepthPictures) -> None:
        self._node = node
        self._pictures = pictures
        self._depths = _publisher(node, Image, "depth")

    def publish(self, frame: Frame, header: Header) -> None:
        """Publish the frame's depth with this header; where it has none, the log says so."""
        message = _LIBRARY.new(IMAGE)
        message.header = header
        try:
            fill_image(message, self._pictures.read(frame.name), "16UC1", _LIBRARY.data)
        except HandsegError as error:
            self._node.get_logger().warning(
                f"{error}; the image goes out without depth", throttle_duration_sec=LOG_PERIOD
            )
        else:
            self._depths.publish(serialize(IMAGE, message))


def _publisher(node: Node, message_type: type, topic: str) -> Publisher:
    create = node.create_publisher
    return create_overridable_publisher(node, create, message_type, topic, QoSProfile(depth=10))


def _topic(node: Node, name: str, transport: str) -> str:
    """Return the topic to publish on: who remaps `image` alone means its compressed sibling too."""
    if transport == RAW:
        return name
    sibling = f"{name}/{COMPRESSED}"
    is_remapped = node.resolve_topic_name(sibling) != node.resolve_topic_name(
        sibling, only_expand=True
    )
    return sibling if is_remapped else f"{node.resolve_topic_name(name)}/{COMPRESSED}"
