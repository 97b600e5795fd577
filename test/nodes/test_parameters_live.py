"""Guards the node's parameters: what takes effect mid-stream, and what is refused with a reason."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType
from support.camera_images import image_message
from support.node import start_node
from support.robot import Robot

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.nodes.settings import SPECS
from handseg_ros.segmentation.segmenter import Segmenter


def _overlay(robot: Robot, picture: np.ndarray) -> np.ndarray:
    (answer,) = robot.send_and_wait(image_message(picture, "bgr8"), "overlay")
    return to_bgr(answer)


def _changed_pixels(robot: Robot, picture: np.ndarray) -> int:
    return int((_overlay(robot, picture) != picture).any(axis=2).sum())


def test_overlay_and_thresholds_change_mid_stream(robot: Robot, hand_picture: np.ndarray) -> None:
    with start_node():
        robot.listen("overlay", "hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        instances = _changed_pixels(robot, hand_picture)
        assert robot.set_parameter("overlay_mode", "none").successful
        assert _changed_pixels(robot, hand_picture) == 0
        assert robot.set_parameter("overlay_mode", "contour").successful
        contour = _changed_pixels(robot, hand_picture)
        assert 0 < contour < instances
        assert robot.set_parameter("overlay_mode", "mask").successful
        mask = _changed_pixels(robot, hand_picture)
        assert contour < mask
        # A hand that is the whole image is asked for: there is none.
        assert robot.set_parameter("minimum_area", 1.0).successful
        assert _changed_pixels(robot, hand_picture) == 0
        assert robot.set_parameter("minimum_area", -1.0).successful
        assert robot.set_parameter("mask_threshold", 0.97).successful
        assert 0 < _changed_pixels(robot, hand_picture) < mask
        assert robot.set_parameter("mask_threshold", -1.0).successful
        assert robot.set_parameter("score_threshold", 1.0).successful
        assert _changed_pixels(robot, hand_picture) == 0
        assert robot.set_parameter("score_threshold", -1.0).successful
        assert _changed_pixels(robot, hand_picture) == mask


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("overlay_mode", "rainbow", ["overlay_mode", "rainbow", "contour"]),
        ("score_threshold", 3.0, ["score_threshold", "3"]),
        ("mask_threshold", "high", ["mask_threshold", "high"]),
        ("provider", "abacus", ["provider", "abacus", "cpu"]),
        ("threads", 0, ["threads", "0"]),
        ("input_width", 300, ["width", "300", "288", "320"]),
        ("model", "no_such_model", ["no_such_model", "hands"]),
        ("model", "nowhere/hands.onnx", ["nowhere/hands.onnx", "does not exist"]),
        ("autostart", False, ["autostart"]),
    ],
)
def test_a_bad_value_is_refused_with_a_reason(
    shared_node: Robot, name: str, value: Any, words: list[str]
) -> None:
    before = shared_node.get_parameter(name)
    result = shared_node.set_parameter(name, value)
    assert not result.successful
    for word in words:
        assert word in result.reason
    assert shared_node.get_parameter(name) == before


def test_the_network_is_changed_mid_stream(robot: Robot, hand_picture: np.ndarray) -> None:
    with start_node():
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        robot.send_and_wait(image_message(hand_picture, "bgr8"), "hands")
        height, width = Segmenter.load().input_size
        assert robot.figures()["input_size"] == f"{width}x{height}"
        assert robot.set_parameter("input_width", 192).successful
        robot.send_and_wait(image_message(hand_picture, "bgr8"), "hands")
        # A status may have been under way when the parameter was set.
        assert robot.wait_for(lambda: robot.figures()["input_size"] == f"192x{height}")


def test_every_parameter_is_described(shared_node: Robot) -> None:
    for spec in SPECS:
        descriptor = shared_node.describe_parameter(spec.name)
        assert descriptor.description == spec.description
        assert descriptor.read_only == spec.read_only
        assert descriptor.type != ParameterType.PARAMETER_NOT_SET


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("model:=no_such_model", ["no_such_model", "hands"]),
        ("overlay_mode:=rainbow", ["overlay_mode", "rainbow"]),
        ("threads:=0", ["threads"]),
    ],
)
def test_a_bad_value_at_start_ends_the_process_with_the_reason(
    argument: str, words: list[str]
) -> None:
    with start_node(argument) as process:
        assert process.wait() == 1
        for word in words:
            assert word in process.output()
        assert "Traceback" not in process.output()


def test_a_file_that_is_no_model_ends_the_process_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_text("this is no network")
    with start_node(f"model:={path}") as process:
        assert process.wait() == 1
        assert str(path) in process.output()
        assert "Traceback" not in process.output()
