"""Guards the node against a network that fails in mid-stream: named, counted, nothing published."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from support.camera_images import image_message
from support.foreign import bright_breaks
from support.node import start_node
from support.robot import Robot

TOPICS = ("hands", "mask", "instances", "overlay")


def test_an_image_that_gives_nan_is_not_answered_and_the_next_one_is(
    robot: Robot, tmp_path: Path
) -> None:
    dark, bright = np.zeros((120, 160, 3), np.uint8), np.full((120, 160, 3), 255, np.uint8)
    with start_node(f"model:={bright_breaks(tmp_path / 'breaks.onnx')}") as process:
        robot.listen(*TOPICS)
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        robot.send_and_wait(image_message(dark, "bgr8"), *TOPICS)
        stamp = robot.send(image_message(bright, "bgr8"))
        assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.ERROR)
        assert "breaks.onnx gave values that are no finite numbers" in robot.status_text()
        hands, *_ = robot.send_and_wait(image_message(dark, "bgr8"), *TOPICS)
        assert len(hands.hands) == 1
        assert not any(robot.answer(topic, stamp) for topic in TOPICS)
        figures = robot.figures()
        assert (figures["frames_answered"], figures["frames_failed"]) == ("2", "1")
        assert process.stop() == 0
        assert "no finite numbers" in process.output()
