"""Guards hands as detections: box, score, class, track and position, in vision_msgs' layout."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from geometry_msgs.msg import PoseWithCovariance
from std_msgs.msg import Header

from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.image_messages.detections import detections_message
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings


class Hypothesis(SimpleNamespace):
    """The attributes of vision_msgs/ObjectHypothesisWithPose."""

    def __init__(self) -> None:
        super().__init__(
            hypothesis=SimpleNamespace(class_id="", score=0.0), pose=PoseWithCovariance()
        )


class Detection(SimpleNamespace):
    """The attributes of vision_msgs/Detection2D."""

    def __init__(self) -> None:
        centre = SimpleNamespace(position=SimpleNamespace(x=0.0, y=0.0), theta=0.0)
        bbox = SimpleNamespace(center=centre, size_x=0.0, size_y=0.0)
        super().__init__(header=Header(), results=[], bbox=bbox, id="")


class Detections(SimpleNamespace):
    """The attributes of vision_msgs/Detection2DArray."""

    def __init__(self) -> None:
        super().__init__(header=Header(), detections=[])


class VisionMessages:
    """A `MessageLibrary` of these."""

    def new(self, msgtype: str) -> SimpleNamespace:
        kinds = {"Detection2DArray": Detections, "Detection2D": Detection}
        return kinds.get(msgtype.removeprefix("vision_msgs/msg/"), Hypothesis)()

    def data(self, values: np.ndarray) -> bytes:
        return values.tobytes()


def _hand(number: int, track_id: int = 0) -> Hand:
    mask = np.full((3, 5), 255, np.uint8)
    box = Box(10 * number, 20, 5, 3)
    return Hand(number, Side.LEFT, 0.9, 0.5, box, mask, 15, (2.0, 1.0), track_id=track_id)


def test_a_hand_with_a_track_and_a_position_and_one_without() -> None:
    location = Location((0.1, -0.2, 0.7), (0.1, 0.1, 0.05))
    circumstances = Circumstances(
        model="hands 1",
        measurements={1: Measurement(location, 0.9), 2: Measurement(None, 0.1)},
    )
    hands = (_hand(1, track_id=7), _hand(2))
    segmentation = Segmentation(40, 60, hands, Timings(0.0, 0.0, 0.0))
    header = Header(frame_id="camera")
    message = detections_message(VisionMessages(), header, segmentation, circumstances)
    assert message.header == header
    first, second = message.detections
    assert (first.id, second.id) == ("7", "")
    assert first.header == second.header == header
    assert (first.bbox.center.position.x, first.bbox.center.position.y) == (12.5, 21.5)
    assert (first.bbox.size_x, first.bbox.size_y) == (5.0, 3.0)
    (result,) = first.results
    assert (result.hypothesis.class_id, result.hypothesis.score) == ("hand", 0.5)
    position = result.pose.pose.position
    assert (position.x, position.y, position.z) == (0.1, -0.2, 0.7)
    assert second.results[0].pose.pose.position.z == 0.0
