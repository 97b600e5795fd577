"""Guards several cameras in one node: topics, counts and backgrounds of their own, none starves."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from handseg_ros.msg import HandInstances
from handseg_ros.srv import CaptureBackground, SegmentImage
from support.camera_images import image_message
from support.cameras import Cameras
from support.colours import by_colour
from support.foreign import greener
from support.node import start_node
from support.processes import RunningProcess
from support.rgbd import RgbdCamera, calibration, depth_message
from support.rgbd_scene import SIZE, millimetres, picture
from support.robot import NODE, Robot

from handseg_ros.nodes.background.file import background_file
from handseg_ros.nodes.parameters import ParameterError
from handseg_ros.nodes.settings import Settings

LEFT, RIGHT = "left", "right"
GREY = np.full((120, 160, 3), 90, np.uint8)
GREEN = GREY.copy()
GREEN[30:80, 40:100, 1] = 200


@pytest.fixture
def process(tmp_path: Path) -> Iterator[RunningProcess]:
    """Yield a node of two cameras that compares frames with a background."""
    model = greener(tmp_path / "greener.onnx")
    arguments = (f"model:={model}", f"background_file:={tmp_path / 'kept.png'}")
    with start_node("cameras:=left, right", *arguments) as started:
        yield started


def test_each_camera_has_its_own_background_and_answers(
    robot: Robot, process: RunningProcess, tmp_path: Path
) -> None:
    cameras = Cameras(robot, (LEFT, RIGHT))
    assert cameras.wait_for_node(), process.output()
    request = CaptureBackground.Request(averaging_time=0.2)
    response = robot.call(
        CaptureBackground,
        f"{LEFT}/capture_background",
        request,
        lambda: cameras.send(LEFT, GREY, 1),
    )
    assert response.success, response.message
    assert (tmp_path / "kept_left.png").is_file()
    assert not (tmp_path / "kept_right.png").exists()
    cameras.send(RIGHT, GREEN, 5)
    assert robot.wait_for(lambda: cameras.figures(RIGHT)["frames_without_background"] == "1")
    cameras.send(LEFT, GREEN, 7)
    assert robot.wait_for(lambda: any(m.header.stamp.sec == 7 for m in cameras.hands[LEFT]))
    (answer,) = (m for m in cameras.hands[LEFT] if m.header.stamp.sec == 7)
    assert answer.header.frame_id == "left_optical_frame"
    assert len(answer.hands) == 1
    assert not cameras.hands[RIGHT]
    assert cameras.figures(RIGHT)["frames_received"] == "1"
    asked = SegmentImage.Request(image=image_message(GREEN, "bgr8"))
    assert robot.call(SegmentImage, f"{LEFT}/segment", asked).success
    refused = robot.call(SegmentImage, f"{RIGHT}/segment", asked)
    assert not refused.success
    assert f"call {NODE}/{RIGHT}/capture_background" in refused.message


def test_a_flood_of_one_camera_does_not_starve_the_other(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    """One sends more than can be answered, the other a frame at a time: none of it is lost."""
    with start_node("cameras:=left, right") as started:
        cameras = Cameras(robot, (LEFT, RIGHT))
        assert cameras.wait_for_node(), started.output()
        picture = cv2.resize(hand_picture, (640, 480))
        for second in range(1, 9):
            cameras.send(RIGHT, picture, second)

            def answered(second: int = second) -> bool:
                cameras.send(LEFT, picture, 100)
                return any(each.header.stamp.sec == second for each in cameras.hands[RIGHT])

            assert robot.wait_for(answered), started.output()
        left, right = (cameras.figures(name) for name in (LEFT, RIGHT))
        assert right["frames_dropped_for_newer"] == "0"
        assert right["frames_answered"] == "8"
        assert int(left["frames_dropped_for_newer"]) > 0
        assert [each.sequence for each in cameras.hands[RIGHT]] == list(range(1, 9))
        # a network that is changed is changed for all
        assert robot.set_parameter("model", "hands_fast").successful
        for name in (LEFT, RIGHT):
            assert cameras.figures(name)["model"].startswith("hands_fast")


@pytest.mark.parametrize("names", ["left, left", "left/right", "3d", ",", "left, ~"])
def test_names_that_are_none_are_refused(names: str) -> None:
    with pytest.raises(ParameterError, match=r"cameras cannot be '.*': it takes different names"):
        _ = Settings(cameras=names).camera_names


def test_names_are_taken_as_people_write_them() -> None:
    for text in ("left,right", "left right", " left, right, "):
        assert Settings(cameras=text).camera_names == (LEFT, RIGHT)
    assert Settings().camera_names == ("",)


def test_a_node_with_bad_names_ends_in_words() -> None:
    with start_node("cameras:=left, left") as started:
        assert started.wait() == 1
        assert "parameter cameras cannot be 'left, left'" in started.output()


def test_each_camera_keeps_its_background_apart() -> None:
    assert background_file("", "/robot/node", LEFT).parts[-3:] == ("robot", "node", "left.png")
    assert background_file("/kept/it.png", "/node", LEFT) == Path("/kept/it_left.png")
    assert background_file("/kept/it.png", "/node") == Path("/kept/it.png")


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_cameras_that_are_swapped_by_remapping_are_swapped(robot: Robot, transport: str) -> None:
    swapped = ("left/image:=/right/image", "right/image:=/left/image")
    options = ("cameras:=left, right", "model:=hands_fast", f"image_transport:={transport}")
    with start_node(*options, remappings=swapped) as started:
        cameras = Cameras(robot, (LEFT, RIGHT), transport)
        assert cameras.wait_for_node(), started.output()
        for name, second in ((LEFT, 3), (RIGHT, 4)):
            cameras.send(name, GREEN, second)
        assert robot.wait_for(lambda: all(cameras.hands.values())), started.output()
        seconds = {
            name: {m.header.stamp.sec for m in cameras.hands[name]} for name in cameras.hands
        }
        assert seconds == {LEFT: {4}, RIGHT: {3}}
        sibling = "" if transport == "raw" else "/compressed"
        assert f"listening to /right/image{sibling} " in started.output()


def test_depth_of_cameras_that_are_swapped_is_swapped(robot: Robot, tmp_path: Path) -> None:
    swapped = tuple(
        f"{mine}/{name}:=/{other}/{name}"
        for mine, other in ((LEFT, RIGHT), (RIGHT, LEFT))
        for name in ("image", "depth", "camera_info")
    )
    model = by_colour(tmp_path / "colours.onnx")
    options = ("cameras:=left, right", f"model:={model}", "depth:=true", "depth_wait:=5.0")
    answers: list[HandInstances] = []
    robot.node.create_subscription(HandInstances, f"{NODE}/{LEFT}/hands", answers.append, 1)
    with start_node(*options, remappings=swapped) as started:
        camera = RgbdCamera(robot, namespace="/right")
        assert robot.wait_for(camera.is_watched), started.output()
        stamp = camera.tick()
        camera.send_calibration(calibration(SIZE, SIZE), stamp)
        camera.send_depth(depth_message(millimetres()), stamp)
        camera.send_image(picture(), stamp)
        assert robot.wait_for(lambda: answers), started.output()
        (hand,) = answers[0].hands
        assert hand.position.z == pytest.approx(0.6, abs=1e-3)
