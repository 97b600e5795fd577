"""`~/detections`: the hands in messages of vision_msgs, where a ROS installation has them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.lifecycle.publisher import LifecyclePublisher

from handseg_ros.image_messages.detections import DetectionTypes, detections_message
from handseg_ros.nodes.outputs.last_hands import StampedSegmentation

NAME = "~/detections"
TYPE = "vision_msgs/Detection2DArray"
CONTENT = "the hands' boxes and scores, where vision_msgs is installed"


def installed_types(logger: RcutilsLogger) -> DetectionTypes | None:
    """Return the classes of vision_msgs; None, and a line in the log, where it is missing.

    PyPI has no such package, so that it cannot be required.
    """
    try:
        messages = import_module("vision_msgs.msg")
    except ImportError:
        logger.info(
            f"{NAME} is not published, as vision_msgs is not installed: "
            "install ros-$ROS_DISTRO-vision-msgs for it"
        )
        return None
    return DetectionTypes(
        detections=messages.Detection2DArray,
        detection=messages.Detection2D,
        hypothesis=messages.ObjectHypothesisWithPose,
    )


class DetectionPublisher:
    """Publishes the hands as Detection2DArray while somebody listens."""

    def __init__(self, types: DetectionTypes, publisher: LifecyclePublisher[Any]) -> None:
        self._types = types
        self._publisher = publisher

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        return self._publisher.get_subscription_count() > 0

    def publish(self, found: StampedSegmentation) -> None:
        """Publish the hands of a frame, with its own header."""
        if self.is_wanted:
            self._publisher.publish(
                detections_message(
                    self._types, found.header, found.segmentation, found.circumstances
                )
            )
