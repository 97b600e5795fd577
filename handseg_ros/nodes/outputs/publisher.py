"""The node's outputs on their topics, and nothing that nobody listens to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header

from handseg_ros.image_messages.hands import hands_message
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.outputs.last_hands import LastHands
from handseg_ros.nodes.outputs.ros_messages import label_message, message_class
from handseg_ros.nodes.outputs.serialized_messages import SerializedMessages, serialize
from handseg_ros.nodes.overridable_publisher import create_overridable_publisher
from handseg_ros.outputs.segmented_frame import SegmentedFrame, StampedSegmentation
from handseg_ros.outputs.table import HANDS, LABEL_OUTPUTS, OUTPUTS, LabelOutput, Output

_RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
_KEPT = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class OutputPublisher:
    """Publishes frames; every message carries the header of the image that it is of."""

    def __init__(self, node: LifecycleNode, topics: CameraTopics) -> None:
        self._messages = SerializedMessages()
        outputs = [output for output in OUTPUTS if _is_installed(output, node.get_logger())]
        self._publishers = {
            output: _publisher(node, topics, output, _RELIABLE) for output in outputs
        }
        self._makers = {output: output.new_maker() for output in outputs}
        self._labels = {label: _publisher(node, topics, label, _KEPT) for label in LABEL_OUTPUTS}
        self.last_hands = LastHands(self._publish_hands, node.get_clock())

    def any_wanted(self, known: Collection[str]) -> bool:
        """Whether anybody listens to a topic that is filled where so much is known.

        `known` are the model's classes, and `DEPTH` where there is depth.
        """
        return any(self._wanted(output) for output in self._publishers if output.is_filled(known))

    def names(self, known: Collection[str]) -> list[str]:
        """Return the full names of the topics that are filled where so much is known."""
        return [
            publisher.topic_name
            for output, publisher in self._publishers.items()
            if output.is_filled(known)
        ]

    def positions_wanted(self) -> bool:
        """Whether anybody listens to a topic with the hands' positions in metres."""
        return any(self._wanted(output) for output in self._publishers if output.has_positions)

    def publish_labels(self, header: Header, classes: tuple[str, ...]) -> None:
        """Publish the latched names of the masks' values, for a model that knows these classes."""
        for label, publisher in self._labels.items():
            known = label.class_name if label.class_name in classes else None
            publisher.publish(label_message(header, known))

    def publish(self, frame: SegmentedFrame) -> None:
        """Publish what is listened to, the hands first: they are what a robot waits for."""
        self.last_hands.publish(frame.stamped)
        for output, make in self._makers.items():
            if output is not HANDS and self._wanted(output):
                message = make(self._messages, frame)
                if message is not None:
                    self._publish(output, message)

    def _publish_hands(self, found: StampedSegmentation) -> None:
        if self._wanted(HANDS):
            message = hands_message(
                self._messages, found.header, found.segmentation, found.circumstances
            )
            self._publish(HANDS, message)

    def _publish(self, output: Output, message: Any) -> None:
        self._publishers[output].publish(serialize(output.msgtype, message))

    def _wanted(self, output: Output) -> bool:
        return self._publishers[output].get_subscription_count() > 0


def _is_installed(output: Output, logger: RcutilsLogger) -> bool:
    """Return whether an output's messages are there; a line in the log tells where they are not.

    PyPI has no vision_msgs, so that it cannot be required.
    """
    try:
        message_class(output.msgtype)
    except ImportError:
        package = output.msgtype.partition("/")[0]
        logger.info(
            f"{output.topic} is not published, as {package} is not installed: "
            f"install ros-$ROS_DISTRO-{package.replace('_', '-')} for it"
        )
        return False
    return True


def _publisher(
    node: LifecycleNode, topics: CameraTopics, output: Output | LabelOutput, profile: QoSProfile
) -> LifecyclePublisher:
    create = node.create_lifecycle_publisher
    kind = message_class(output.msgtype)
    return create_overridable_publisher(node, create, kind, topics.of(output.topic), profile)
