"""Guards ~/detections: the hands' boxes where vision_msgs is installed, else a line in the log."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.camera_images import image_message
from support.node import start_node
from support.processes import running_process
from support.robot import Robot
from support.vision_messages import build_vision_msgs

LISTENER = Path(__file__).resolve().parents[2] / "support" / "detection_listener.py"


@pytest.mark.skipif(find_spec("vision_msgs") is not None, reason="vision_msgs is installed here")
def test_without_vision_msgs_there_is_no_such_topic_and_one_line_says_so(robot: Robot) -> None:
    with start_node() as process:
        assert robot.wait_for_status(lambda status: True)
        topics = [name for name, _ in robot.node.get_topic_names_and_types()]
        assert "/hand_segmentation/hands" in topics
        assert "/hand_segmentation/detections" not in topics
        assert process.output().count("vision_msgs is not installed") == 1


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("c++") and shutil.which("cmake")), reason="no compiler to build messages with"
)
def test_with_vision_msgs_every_hand_is_a_detection(
    robot: Robot, hand_picture: np.ndarray, tmp_path: Path
) -> None:
    found = build_vision_msgs(tmp_path)
    listener = running_process([sys.executable, LISTENER], found)
    with start_node(env=found) as process, listener as listening:
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output() + listening.output()
        robot.listen("hands")
        message = image_message(hand_picture, "bgr8")
        hands_topic = robot.output_name("hands")
        assert robot.wait_for(lambda: robot.node.count_publishers(hands_topic))
        (hands,) = robot.send_and_wait(message, "hands")
        line = listening.wait_for_output("\n").splitlines()[-1]
    detections = json.loads(line, object_hook=lambda fields: SimpleNamespace(**fields))
    assert len(detections.detections) == len(hands.hands) > 0
    assert detections.header.frame_id == message.header.frame_id
    assert detections.header.stamp.nanosec == message.header.stamp.nanosec
    for detection, hand in zip(detections.detections, hands.hands, strict=True):
        assert detection.header == detections.header
        _assert_same(detection, hand)


def _assert_same(detection: Any, hand: Any) -> None:
    bbox, roi = detection.bbox, hand.roi
    assert (bbox.size_x, bbox.size_y) == (roi.width, roi.height)
    assert bbox.center.position.x - bbox.size_x / 2 == roi.x_offset
    assert bbox.center.position.y - bbox.size_y / 2 == roi.y_offset
    assert bbox.center.theta == 0
    (result,) = detection.results
    assert result.hypothesis.class_id == "hand"
    assert result.hypothesis.score == pytest.approx(hand.score)
    assert result.pose.pose.position.z == 0.0
    assert detection.id == str(hand.track_id) != "0"
