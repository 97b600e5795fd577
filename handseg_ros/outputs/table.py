"""The outputs: names, message types, what they need, how they are made. A new one is a row here."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from handseg_ros.image_messages.detections import DETECTIONS, detections_message
from handseg_ros.image_messages.hands import hands_message
from handseg_ros.image_messages.message_library import (
    COMPRESSED_IMAGE,
    HAND_INSTANCES,
    IMAGE,
    MessageLibrary,
)
from handseg_ros.outputs.clouds import POINT_CLOUD, hand_points, object_points
from handseg_ros.outputs.markers import MARKER_ARRAY, HandMarkers
from handseg_ros.outputs.pictures import (
    Maker,
    compressed_image,
    depth_without_hands,
    image,
    object_mask,
)
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.description import HAND, OBJECT
from handseg_ros.segmentation.id_picture import draw_ids

# What an output can need beside classes of the model.
DEPTH = "depth"
LABEL_INFO = "handseg_ros/msg/LabelInfo"


@dataclass(frozen=True)
class Output:
    """One output of every frame: its name below the node's, its message, and what is in it.

    It is filled where all is known that it `needs`: a class of the model's, or depth. `new_maker`
    returns what makes its messages for one stream of frames, or None for a frame that gives none.
    `has_positions` says that hands are measured for it where there is depth, and `is_recorded` that
    it can be added to recorded bags, which have neither depth nor the node's parameters.
    """

    name: str
    msgtype: str
    content: str
    new_maker: Callable[[], Maker]
    needs: tuple[str, ...] = ()
    has_positions: bool = False
    is_recorded: bool = False

    @property
    def topic(self) -> str:
        """Its private topic: ~/mask."""
        return f"~/{self.name}"

    @property
    def type_name(self) -> str:
        """Its message's type as people write it: sensor_msgs/Image."""
        return self.msgtype.replace("/msg/", "/")

    def is_filled(self, known: Collection[str]) -> bool:
        """Return whether it is filled where so much is known: the model's classes, and `DEPTH`."""
        return all(need in known for need in self.needs)


@dataclass(frozen=True)
class LabelOutput:
    """A latched output: the names of the values in the mask of one class of the model's."""

    name: str
    content: str
    class_name: str
    msgtype: str = LABEL_INFO

    @property
    def topic(self) -> str:
        """Its private topic: ~/label_info."""
        return f"~/{self.name}"

    @property
    def type_name(self) -> str:
        """Its message's type as people write it: handseg_ros/LabelInfo."""
        return self.msgtype.replace("/msg/", "/")


def _each_frame(make: Maker) -> Callable[[], Maker]:
    """Return the `new_maker` of an output whose messages depend on nothing but their frame."""
    return lambda: make


def _hands(library: MessageLibrary, frame: SegmentedFrame) -> Any:
    return hands_message(library, frame.header, frame.segmentation, frame.circumstances)


def _detections(library: MessageLibrary, frame: SegmentedFrame) -> Any:
    return detections_message(library, frame.header, frame.segmentation, frame.circumstances)


HANDS = Output(
    "hands",
    HAND_INSTANCES,
    "the hands of every processed frame, empty when none",
    _each_frame(_hands),
    has_positions=True,
    is_recorded=True,
)

# In the order in which they are published: what a robot waits for first, what is for people last.
OUTPUTS = (
    HANDS,
    Output(
        "detections",
        DETECTIONS,
        "the hands' boxes and scores, where vision_msgs is installed",
        _each_frame(_detections),
        has_positions=True,
    ),
    Output(
        "mask",
        IMAGE,
        "mono8, 0 or 255: the union of the hands",
        _each_frame(image(lambda frame: frame.mask, "mono8")),
        is_recorded=True,
    ),
    Output(
        "mask/compressed",
        COMPRESSED_IMAGE,
        "the mask as PNG, lossless",
        _each_frame(compressed_image(lambda frame: frame.mask, "png")),
        is_recorded=True,
    ),
    Output(
        "instances",
        IMAGE,
        "mono8, 0 background, else the hand's id in this frame",
        _each_frame(image(lambda frame: frame.instances, "mono8")),
        is_recorded=True,
    ),
    Output(
        "instances/compressed",
        COMPRESSED_IMAGE,
        "the ids as PNG, lossless",
        _each_frame(compressed_image(lambda frame: frame.instances, "png")),
        is_recorded=True,
    ),
    Output(
        "instances_color",
        IMAGE,
        "bgr8: the ids as colours and numbers on black, for people",
        _each_frame(image(lambda frame: draw_ids(frame.segmentation), "bgr8")),
    ),
    Output(
        "objects",
        IMAGE,
        "mono8, 0 or 255: the objects, of models that know objects",
        _each_frame(image(object_mask, "mono8")),
        needs=(OBJECT,),
        is_recorded=True,
    ),
    Output(
        "keep_out",
        IMAGE,
        "mono8, 0 or 255: the hands grown by a distance, also without depth",
        _each_frame(image(lambda frame: frame.keep_out, "mono8")),
    ),
    Output(
        "depth_without_hands",
        IMAGE,
        "the depth image, of its own encoding and header, unknown where ~/keep_out is",
        _each_frame(depth_without_hands),
        needs=(DEPTH,),
    ),
    Output(
        "markers",
        MARKER_ARRAY,
        "for RViz: a sphere and a name at each hand's position",
        HandMarkers,
        needs=(DEPTH,),
        has_positions=True,
    ),
    Output(
        "points",
        POINT_CLOUD,
        "x y z rgb instance: the hands' points, instance = id",
        _each_frame(hand_points),
        needs=(DEPTH,),
    ),
    Output(
        "object_points",
        POINT_CLOUD,
        "the same of the objects that hands touch, instance = id of the hand",
        _each_frame(object_points),
        needs=(OBJECT, DEPTH),
    ),
    Output(
        "overlay",
        IMAGE,
        "bgr8: the image with its hands and objects drawn, for people",
        _each_frame(image(lambda frame: frame.overlay, "bgr8")),
        is_recorded=True,
    ),
    Output(
        "overlay/compressed",
        COMPRESSED_IMAGE,
        "the overlay as JPEG",
        _each_frame(compressed_image(lambda frame: frame.overlay, "jpeg")),
        is_recorded=True,
    ),
)
LABEL_OUTPUTS = (
    LabelOutput("label_info", "latched: the names of the mask's values", HAND),
    LabelOutput("objects/label_info", "latched: the same of the objects' values", OBJECT),
)

# By name, those that `handseg record-masks` can add to a bag.
RECORDED = {output.name: output for output in OUTPUTS if output.is_recorded}
# The names of the images, without the transport: by these none is taken for a camera's.
IMAGE_NAMES = frozenset(
    output.name.removesuffix("/compressed")
    for output in OUTPUTS
    if output.msgtype in (IMAGE, COMPRESSED_IMAGE)
)
