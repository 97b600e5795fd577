"""What a node would have answered, as messages of a bag: hands, masks, overlays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from handseg_ros.bags.definitions import HANDS, blank_message, known_types
from handseg_ros.bags.image_topics import COMPRESSED, IMAGE
from handseg_ros.image_messages import fill_compressed, fill_image
from handseg_ros.image_messages.hands import Circumstances, MessageFactories, hands_message
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay

NAMESPACE = "/hand_segmentation"


@dataclass(frozen=True)
class SegmentedImage:
    """One answered image: its header, its pixels (uint8 BGR), what was found, and who found it."""

    header: Any
    pixels: np.ndarray
    segmentation: Segmentation
    model: ModelDescription


@dataclass(frozen=True)
class OutputTopic:
    """One output: its type, and how its message is made; None where the model has none to give."""

    msgtype: str
    make: Callable[[SegmentedImage], Any | None]


def serialized_output(topic: OutputTopic, answered: SegmentedImage) -> memoryview | None:
    """Return the bytes (CDR) of an output's message, or None where there is none."""
    message = topic.make(answered)
    return None if message is None else known_types().serialize_cdr(message, topic.msgtype)


def _hands(answered: SegmentedImage) -> Any:
    types = known_types()
    factories = MessageFactories(
        image=partial(blank_message, types, IMAGE),
        region=partial(blank_message, types, "sensor_msgs/msg/RegionOfInterest"),
        hand=partial(blank_message, types, "handseg_ros/msg/HandInstance"),
        hands=partial(blank_message, types, HANDS),
    )
    circumstances = Circumstances(model=answered.model.title)
    message = hands_message(factories, answered.header, answered.segmentation, circumstances)
    for hand in message.hands:
        _use_numpy(hand.mask)
        _use_numpy(hand.touched_mask)
    return message


def _image(answered: SegmentedImage, pixels: np.ndarray, encoding: str) -> Any:
    message = blank_message(known_types(), IMAGE)
    message.header = answered.header
    fill_image(message, pixels, encoding)
    return _use_numpy(message)


def _compressed(answered: SegmentedImage, pixels: np.ndarray, codec: str) -> Any:
    message = blank_message(known_types(), COMPRESSED)
    message.header = answered.header
    fill_compressed(message, pixels, codec)
    return _use_numpy(message)


def _use_numpy(message: Any) -> Any:
    """Rosbags takes arrays of numpy, where ROS takes Python's."""
    message.data = np.frombuffer(message.data, np.uint8)
    return message


def _objects(answered: SegmentedImage) -> Any | None:
    if answered.segmentation.objects is None:
        return None
    return _image(answered, answered.segmentation.object_mask(), "mono8")


def _overlay(answered: SegmentedImage) -> np.ndarray:
    palette = Palette.of(answered.model)
    return draw_overlay(answered.pixels, answered.segmentation, OverlayMode.INSTANCES, palette)


# By the names that the node gives them, below its own.
OUTPUT_TOPICS: Mapping[str, OutputTopic] = {
    "hands": OutputTopic(HANDS, _hands),
    "mask": OutputTopic(IMAGE, lambda item: _image(item, item.segmentation.mask(), "mono8")),
    "instances": OutputTopic(
        IMAGE, lambda item: _image(item, item.segmentation.instances(), "mono8")
    ),
    "overlay": OutputTopic(IMAGE, lambda item: _image(item, _overlay(item), "bgr8")),
    "mask/compressed": OutputTopic(
        COMPRESSED, lambda item: _compressed(item, item.segmentation.mask(), "png")
    ),
    "instances/compressed": OutputTopic(
        COMPRESSED, lambda item: _compressed(item, item.segmentation.instances(), "png")
    ),
    "overlay/compressed": OutputTopic(
        COMPRESSED, lambda item: _compressed(item, _overlay(item), "jpeg")
    ),
    "objects": OutputTopic(IMAGE, _objects),
}
