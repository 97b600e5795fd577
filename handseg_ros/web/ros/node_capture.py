"""A capture session beside a running node: its camera's images are stored, its hands press."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from handseg_ros.capture.state import Phase
from handseg_ros.image_messages.compressed import decode_compressed
from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.image_messages.serialized import read_compressed_image, read_image
from handseg_ros.nodes.input.adaptive_subscription import (
    AUTO,
    AdaptiveSubscription,
    SubscriptionOptions,
    type_name,
)
from handseg_ros.nodes.input.stamps import nanoseconds_of
from handseg_ros.segmentation.errors import ImageError
from handseg_ros.web.live.capture import CaptureControl, LiveCapture
from handseg_ros.web.ros.node_state import seconds_of
from handseg_ros.web.ros.stamped_parts import KEPT_STAMPS, StampedParts

_IMAGE, _MASK, _OVERLAY = "image", "mask", "overlay"
# What is not there so long, and for so many answers, does not come at all.
_PATIENCE_SECONDS = 3.0
_MASKS = QoSProfile(depth=KEPT_STAMPS, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclass(frozen=True)
class _ImageKind:
    """How the bytes of one type of image message are read, and become BGR pixels."""

    type: type
    read: Callable[[bytes, Any], Any]
    decode: Callable[[Any], np.ndarray]


_KINDS = {
    type_name(kind.type): kind
    for kind in (
        _ImageKind(Image, read_image, to_bgr),
        _ImageKind(CompressedImage, read_compressed_image, decode_compressed),
    )
}


class NodeCapture:
    """Steps a session by each image that a node has answered, and draws it on the node's overlay.

    What is stored are the images on the camera's own topic; what presses is the node's mask of the
    same stamp. All but `state` happens in the executor's thread.
    """

    def __init__(
        self, name: str, node: Node, control: CaptureControl, show: Callable[[bytes, float], None]
    ) -> None:
        """Drive `control` by the node `name`; `show` takes a JPEG and its stamp in seconds."""
        self._name, self._node = name, node
        self._control, self._show = control, show
        self._topic = ""
        self._kind: _ImageKind | None = None
        self._images = AdaptiveSubscription(node, self._take_image)
        self._masks: Subscription | None = None
        self._parts = StampedParts((_IMAGE, _MASK, _OVERLAY))
        # Overlays since the last one whose image and mask came, and when that was.
        self._unmatched, self._matched = 0, 0.0
        self._problem = ""

    def listen(self, topic: str) -> None:
        """Listen to the node's masks, and to its camera on a topic; call it again and again."""
        self._topic = topic
        if self._masks is None:
            self._unmatched, self._matched = 0, time.monotonic()
            self._masks = self._node.create_subscription(
                CompressedImage, f"{self._name}/mask/compressed", self._take_mask, _MASKS
            )
        if not topic:  # a node that takes its frames from no topic
            return
        publishers = self._node.get_publishers_info_by_topic(topic)
        kinds = [_KINDS[item.topic_type] for item in publishers if item.topic_type in _KINDS]
        if kinds:
            self._kind = kinds[0]
            options = SubscriptionOptions(kinds[0].type, topic, KEPT_STAMPS, AUTO, is_raw=True)
            self._images.open(options)

    def close(self) -> None:
        """Listen no more."""
        self._images.close()
        if self._masks is not None:
            self._node.destroy_subscription(self._masks)
        self._masks = None
        self._parts.clear()

    def take_overlay(self, message: CompressedImage) -> None:
        """Take the overlay of an image, which is shown once all that belongs to it is there."""
        self._unmatched += 1
        # better seen without buttons than not at all
        if self._is_alone or not self._images.is_open:
            self._show(message.data.tobytes(), seconds_of(message.header.stamp))
        self._take(_OVERLAY, message)

    def state(self) -> LiveCapture | None:
        """Return where the session is, None before the first image."""
        problem = self._problem
        if self._is_alone and not problem:
            problem = (
                f"the images on {self._topic} do not come here, so that nothing can be stored: "
                "look whether this machine hears the camera itself"
            )
        if not problem:
            return self._control.state()
        return LiveCapture(
            phase=Phase.IDLE, message=problem, is_problem=True, seconds_left=0.0, available=[]
        )

    @property
    def _is_alone(self) -> bool:
        """Whether overlays come without their images."""
        silence = time.monotonic() - self._matched
        return self._unmatched > KEPT_STAMPS and silence > _PATIENCE_SECONDS

    def _take_image(self, data: bytes) -> None:
        if self._kind is None:
            return
        try:
            message = self._kind.read(data, Header())
        except ImageError as error:
            self._problem = str(error)
            return
        self._take(_IMAGE, message)

    def _take_mask(self, message: CompressedImage) -> None:
        self._take(_MASK, message)

    def _take(self, part: str, message: Any) -> None:
        if not nanoseconds_of(message.header.stamp):
            self._problem = (
                "the camera's images carry no time stamps, by which they are told apart, so that "
                "nothing can be stored: have its driver set them"
            )
            return
        parts = self._parts.add(part, message.header.stamp, message)
        if parts is None or self._kind is None:
            return
        overlay = parts[_OVERLAY]
        try:
            frame = self._kind.decode(parts[_IMAGE])
            mask = decode_picture(parts[_MASK].data.tobytes(), "the mask", cv2.IMREAD_GRAYSCALE)
            drawn = self._control.step(frame, mask, decode_compressed(overlay))
        except ImageError as error:
            self._problem = str(error)
            return
        self._unmatched, self._matched, self._problem = 0, time.monotonic(), ""
        jpeg: bytes = cv2.imencode(".jpg", drawn)[1].tobytes()
        self._show(jpeg, seconds_of(overlay.header.stamp))
