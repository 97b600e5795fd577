"""What the core answers as a HandInstances, in the classes of ROS or of any library like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handseg_ros.image_messages.encode import fill_image
from handseg_ros.segmentation.hands import Box, Hand, Segmentation


@dataclass(frozen=True)
class Blanks:
    """Makers of messages whose fields are all 0, false or empty.

    `image` makes a sensor_msgs/Image, `region` a sensor_msgs/RegionOfInterest, `hand` and `hands`
    this package's HandInstance and HandInstances.
    """

    image: Callable[[], Any]
    region: Callable[[], Any]
    hand: Callable[[], Any]
    hands: Callable[[], Any]


def hands_message(blanks: Blanks, header: Any, segmentation: Segmentation, model: str) -> Any:
    """Return the HandInstances of one frame; `header` is the input image's own."""
    message = blanks.hands()
    message.header = header
    message.height, message.width = segmentation.height, segmentation.width
    message.model = model
    message.hands = [
        _hand_message(blanks, header, hand, segmentation) for hand in segmentation.hands
    ]
    return message


def _hand_message(blanks: Blanks, header: Any, hand: Hand, segmentation: Segmentation) -> Any:
    message = blanks.hand()
    message.id = hand.id
    message.side = int(hand.side)
    message.side_confidence = hand.side_confidence
    message.score = hand.score
    message.roi = _roi(blanks, hand.box)
    message.mask = blanks.image()
    message.mask.header = header
    fill_image(message.mask, hand.mask, "mono8")
    message.area = hand.area
    message.centroid_x, message.centroid_y = hand.centroid
    touched = Box.around(item.box for item in segmentation.touched_by(hand))
    message.touched_roi = _roi(blanks, touched)
    return message


def _roi(blanks: Blanks, box: Box) -> Any:
    region = blanks.region()
    region.x_offset, region.y_offset = box.x, box.y
    region.width, region.height = box.width, box.height
    return region
