"""Guards the node with a model that knows objects: its overlay, and who keeps the camera."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
from support.camera_images import image_message
from support.colours import by_colour, coloured
from support.node import start_node
from support.robot import Robot

from handseg_ros.image_messages.decode import to_bgr


def test_the_overlay_has_hands_and_objects_in_the_model_s_colours(
    robot: Robot, tmp_path: Path
) -> None:
    model = by_colour(tmp_path / "colours.onnx")
    with start_node(f"model:={model}", "overlay_mode:=mask") as process:
        robot.listen("overlay")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        (overlay,) = robot.send_and_wait(image_message(coloured(), "bgr8"), "overlay")
        assert process.stop() == 0
    picture = to_bgr(overlay)
    np.testing.assert_array_equal(picture[75, 75], [115, 225, 0])
    np.testing.assert_array_equal(picture[175, 175], [225, 115, 115])
    np.testing.assert_array_equal(picture[10, 10], [0, 0, 100])


def test_who_listens_to_objects_keeps_the_camera_only_where_there_are_some(
    robot: Robot, tmp_path: Path
) -> None:
    model = by_colour(tmp_path / "colours.onnx")
    with start_node() as process:
        robot.listen("objects")
        robot.open_camera()
        assert robot.wait_for_status(lambda status: "nobody listens" in status.message)
        assert robot.watchers == 0
        assert robot.set_parameter("model", str(model)).successful
        assert robot.wait_for(lambda: robot.watchers == 1), process.output()
        (objects,) = robot.send_and_wait(image_message(coloured(), "bgr8"), "objects")
        assert to_bgr(objects)[175, 175, 0] == 255
        assert robot.set_parameter("model", "hands").successful
        assert robot.wait_for(lambda: robot.watchers == 0), process.output()
        assert process.stop() == 0
