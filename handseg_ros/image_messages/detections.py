"""What the core answers as a vision_msgs/Detection2DArray, in the layout of vision_msgs 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.segmentation.description import HAND
from handseg_ros.segmentation.hands import Box, Hand, Segmentation


@dataclass(frozen=True)
class DetectionTypes:
    """Classes of vision_msgs, whose instances have 0 or empty in all fields.

    `detections` is a Detection2DArray, `detection` a Detection2D, `hypothesis` an
    ObjectHypothesisWithPose.
    """

    detections: type
    detection: type
    hypothesis: type


def detections_message(
    types: DetectionTypes, header: Any, segmentation: Segmentation, circumstances: Circumstances
) -> Any:
    """Return the Detection2DArray of one frame; `header` is the input image's own.

    A hand is one Detection2D with one hypothesis, of class_id "hand". Its box counts in pixels from
    the image's top-left corner: centre less half the size is the edge of its first column or row.
    `id` is the hand's track_id, or empty without one; the pose's position is 0 where it is not
    known.
    """
    message = types.detections()
    message.header = header
    message.detections = [
        _detection(types, header, hand, circumstances) for hand in segmentation.hands
    ]
    return message


def _detection(types: DetectionTypes, header: Any, hand: Hand, circumstances: Circumstances) -> Any:
    message = types.detection()
    message.header = header
    message.id = str(hand.track_id) if hand.track_id else ""
    _set_box(message.bbox, hand.box)
    hypothesis = types.hypothesis()
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
