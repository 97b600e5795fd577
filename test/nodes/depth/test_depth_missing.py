"""Guards the node's depth when it is late, not there, not asked for, or nobody listens."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import ReliabilityPolicy
from support.colours import by_colour
from support.node import start_node
from support.rgbd import calibration, depth_message
from support.rgbd_scene import SIZE, RgbdScene, millimetres, picture, pixels_of
from support.robot import Robot


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_colour(tmp_path_factory.mktemp("model") / "colours.onnx")


@pytest.fixture
def scene(robot: Robot) -> RgbdScene:
    return RgbdScene(robot)


def test_late_depth_is_told_and_hands_come_in_time(scene: RgbdScene, model: Path) -> None:
    robot, camera = scene.robot, scene.camera
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=0.05"):
        robot.listen("hands", "points")
        scene.wait_until_watched()
        stamps = []

        def is_told() -> bool:
            """Send an image whose depth comes when it is answered, and look for the warning."""
            stamp = camera.tick()
            stamps.append(stamp)
            camera.send_calibration(calibration(SIZE, SIZE), stamp)
            camera.send_image(picture(), stamp)
            (hands,) = scene.answers(stamp, "hands")
            assert not hands.hands[0].position_valid
            robot.wait_for(lambda: False, seconds=0.2)
            camera.send_depth(depth_message(millimetres()), stamp)
            return any(
                each.level == DiagnosticStatus.WARN
                and "ms late on /depth: raise depth_wait" in each.message
                for each in told
            )

        told = robot.statuses
        assert robot.wait_for(is_told), robot.status_text()
        figures = robot.figures()
        lacking = int(figures["depth_absent"]) + int(figures["depth_late"])
        assert lacking == int(figures["frames_answered"]) == len(stamps)
        assert int(figures["depth_late"]) >= 1
        assert float(figures["depth_delay_ms"]) > 200
        assert not robot.answers["points"]


def test_what_nobody_publishes_is_named_and_not_waited_for(scene: RgbdScene, model: Path) -> None:
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=5.0", "stale_timeout:=60.0"):
        scene.robot.listen("hands", "keep_out")
        scene.wait_until_watched()
        depth = depth_message(millimetres())
        scene.camera.unplug("camera_info")
        assert scene.robot.wait_for_status(lambda status: True)
        stamp = scene.camera.tick()
        scene.camera.send_image(picture(), stamp)
        scene.camera.send_depth(depth, stamp)
        (hands,) = scene.answers(stamp, "hands")
        assert not hands.hands[0].position_valid
        scene.wait_for_problem("camera_info missing", "nobody publishes /camera_info")

        scene.camera.unplug("depth")
        assert scene.robot.wait_for_status(lambda status: True)
        stamp = scene.camera.tick()
        scene.camera.send_image(picture(), stamp)
        (keep_out,) = scene.answers(stamp, "keep_out")
        scene.wait_for_problem("no depth on /depth", "nobody publishes it")
    # Without depth the hand is grown by pixels.
    columns = np.flatnonzero(pixels_of(keep_out, np.dtype("u1"))[75])
    assert (columns[0], columns[-1]) == pytest.approx((50 - 40, 99 + 40), abs=1.5)


def test_without_depth_nothing_of_it_is_listened_to(scene: RgbdScene, model: Path) -> None:
    robot, camera = scene.robot, scene.camera
    with start_node(f"model:={model}", "keep_out_pixels:=10.0"):
        robot.listen("points", "markers")
        # Points cannot come, so that they keep nobody's camera.
        assert robot.wait_for_status(lambda status: "nobody listens" in status.message)
        assert camera.watchers("image") == 0
        robot.listen("keep_out")
        assert robot.wait_for(lambda: camera.watchers("image"))
        stamp = scene.send(depth_message(millimetres()))
        (keep_out,) = scene.answers(stamp, "keep_out")
        assert camera.watchers("depth") == camera.watchers("camera_info") == 0
        columns = np.flatnonzero(pixels_of(keep_out, np.dtype("u1"))[75])
        assert (columns[0], columns[-1]) == pytest.approx((50 - 10, 99 + 10), abs=1.5)

        assert robot.set_parameter("depth", True).successful
        assert robot.wait_for(camera.is_watched)
        scene.answers(scene.send(depth_message(millimetres())), "points")
        assert robot.set_parameter("depth", False).successful
        assert robot.wait_for(lambda: camera.watchers("depth") == 0)


def test_depth_is_left_alone_while_nobody_listens(scene: RgbdScene, model: Path) -> None:
    robot, camera = scene.robot, scene.camera
    with start_node(f"model:={model}", "depth:=true"):
        assert robot.wait_for_status(lambda status: "nobody listens" in status.message)
        names = ("image", "depth", "camera_info")
        assert [camera.watchers(name) for name in names] == [0, 0, 0]
        listener = robot.node.create_subscription(
            robot.output_type("markers"), robot.output_name("markers"), lambda message: None, 1
        )
        assert robot.wait_for(camera.is_watched)
        robot.node.destroy_subscription(listener)
        assert robot.wait_for(lambda: not any(camera.watchers(name) for name in names))


def test_publishers_with_best_effort_are_followed(robot: Robot, model: Path) -> None:
    scene = RgbdScene(robot, ReliabilityPolicy.BEST_EFFORT)
    with start_node(f"model:={model}", "depth:=true"):
        robot.listen("hands")
        scene.wait_until_watched()
        # Some may be lost, as they are allowed to be.
        found = robot.answers["hands"]

        def is_in_place() -> bool:
            scene.send(depth_message(millimetres()))
            return any(hand.position_valid for message in found for hand in message.hands)

        assert robot.wait_for(is_in_place), robot.status_text()
