"""Guards the table of outputs: each is made of what it needs, for ROS and for bags alike."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from support.depth_scene import view_of, wall

from handseg_ros.bags.output_messages import BagMessages
from handseg_ros.cli.record_masks import DEFAULT_OUTPUTS
from handseg_ros.depth.camera import Camera
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.image_messages.message_library import COMPRESSED_IMAGE, IMAGE
from handseg_ros.nodes.outputs.ros_messages import RosMessages
from handseg_ros.outputs.segmented_frame import DepthFrame, SegmentedFrame
from handseg_ros.outputs.table import IMAGE_NAMES, LABEL_OUTPUTS, OUTPUTS, RECORDED, Output
from handseg_ros.segmentation.description import HAND, OBJECT
from handseg_ros.segmentation.hands import (
    Box,
    Hand,
    ObjectRegion,
    Segmentation,
    Side,
    Timings,
)
from handseg_ros.segmentation.overlay import Palette

SIZE = (48, 64)
CAMERA = Camera.of(SIZE[1], SIZE[0], (60.0, 0, 32.0, 0, 60.0, 24.0, 0, 0, 1), (), "plumb_bob")
NO_TIME = Timings(0.0, 0.0, 0.0)
IN_BAGS = [output for output in OUTPUTS if output.name != "detections"]


def frame(objects: bool = True, depth: bool = True) -> SegmentedFrame:
    mask = np.full((8, 8), 255, np.uint8)
    hand = Hand(1, Side.LEFT, 0.9, 0.9, Box(10, 10, 8, 8), mask, 64, (13.5, 13.5), track_id=3)
    thing = ObjectRegion(1, 0.8, Box(18, 10, 8, 8), mask, 64, (21.5, 13.5))
    things = (thing,) if objects else None
    segmentation = Segmentation(*SIZE, (hand,), NO_TIME, objects=things)
    message = Image(header=Header(frame_id="camera"), encoding="16UC1")
    view = view_of(wall(CAMERA, 0.5), CAMERA)
    return SegmentedFrame(
        header=Header(frame_id="camera"),
        pixels=np.zeros((*SIZE, 3), np.uint8),
        segmentation=segmentation,
        circumstances=Circumstances(model="any 1"),
        palette=Palette(),
        depth=DepthFrame(view, message) if depth else None,
    )


def test_names_are_given_once() -> None:
    names = [output.name for output in (*OUTPUTS, *LABEL_OUTPUTS)]
    assert len(names) == len(set(names))


def test_pictures_have_the_names_by_which_none_is_taken_for_a_camera_s() -> None:
    """Those of recordings made before now, which must not change."""
    assert {"depth_without_hands", "instances", "instances_color", "keep_out"} <= IMAGE_NAMES
    assert {"mask", "objects", "overlay"} <= IMAGE_NAMES


def test_what_is_added_by_default_can_be_added() -> None:
    assert set(DEFAULT_OUTPUTS) <= set(RECORDED)


def test_bags_get_what_needs_neither_depth_nor_parameters() -> None:
    assert set(RECORDED) == {
        *("hands", "mask", "mask/compressed", "instances", "instances/compressed"),
        *("objects", "overlay", "overlay/compressed"),
    }
    assert not any("depth" in output.needs for output in RECORDED.values())


@pytest.mark.parametrize("output", IN_BAGS, ids=lambda output: output.name)
@pytest.mark.parametrize("library", [RosMessages(), BagMessages()], ids=["ROS", "rosbags"])
def test_each_is_made_of_what_it_needs(output: Output, library: Any) -> None:
    make = output.new_maker()

    message = make(library, frame())

    assert message is not None
    if output.msgtype == IMAGE:
        assert (message.height, message.width) == SIZE
    if output.msgtype == COMPRESSED_IMAGE:
        assert len(message.data)


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.name)
def test_without_what_it_needs_there_is_no_message(output: Output) -> None:
    lacking = {need for need in output.needs if output.name != "markers"}
    made_of = frame(objects=OBJECT not in lacking, depth="depth" not in lacking)

    if lacking:
        assert output.new_maker()(RosMessages(), made_of) is None
        assert not output.is_filled((HAND,))
    assert output.is_filled((HAND, OBJECT, "depth"))


def test_a_picture_that_two_outputs_share_is_drawn_once() -> None:
    made_of = frame()

    assert made_of.mask is made_of.mask
    assert made_of.overlay is made_of.overlay
