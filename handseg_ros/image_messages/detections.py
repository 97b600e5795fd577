"""Hands as a vision_msgs/Detection2DArray, in the layout of vision_msgs 4."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.image_messages.message_library import MessageLibrary
from handseg_ros.segmentation.description import HAND
from handseg_ros.segmentation.hands import Box, Hand, Segmentation

DETECTIONS = "vision_msgs/msg/Detection2DArray"
_DETECTION = "vision_msgs/msg/Detection2D"
_HYPOTHESIS = "vision_msgs/msg/ObjectHypothesisWithPose"


def detections_message(
    library: MessageLibrary, header: Any, segmentation: Segmentation, circumstances: Circumstances
) -> Any:
    """Return the Detection2DArray of one frame; `header` is the input image's own.

    A hand is one Detection2D with one hypothesis, of class_id "hand". Its box counts in pixels from
    the image's top-left corner: centre less half the size is the edge of its first column or row.
    `id` is the hand's track_id, or empty without one; the pose's position is 0 where it is not
    known.
    """
    message = library.new(DETECTIONS)
    message.header = header
    message.detections = [
        _detection(library, header, hand, circumstances) for hand in segmentation.hands
    ]
    return message


def _detection(
    library: MessageLibrary, header: Any, hand: Hand, circumstances: Circumstances
) -> Any:
    message = library.new(_DETECTION)
    message.header = header
    message.id = str(hand.track_id) if hand.track_id else ""
    _set_box(message.bbox, hand.box)
    hypothesis = library.new(_HYPOTHESIS)
    hypothesis.hypothesis.class_id = HAND
    hypothesis.hypothesis.score = hand.score
    measurement = circumstances.measurements.get(hand.id)
    if measurement is not None and measurement.location is not None:
        position = hypothesis.pose.pose.position
        position.x, position.y, position.z = measurement.location.position
    message.results = [hypothesis]
    return message


def _set_box(bbox: Any, box: Box) -> None:
    bbox.center.position.x = box.x + box.width / 2
    bbox.center.position.y = box.y + box.height / 2
    bbox.size_x, bbox.size_y = float(box.width), float(box.height)
