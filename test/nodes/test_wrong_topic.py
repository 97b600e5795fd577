"""Guards the node's words where nobody publishes its inputs: once, with a command that works."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from support.camera_images import image_message, jpeg_message
from support.colours import by_colour, coloured
from support.node import NODE_MODULE, start_node
from support.processes import running_process
from support.robot import Robot, a_robot

from handseg_ros.nodes.input.unpublished import (
    CAMERA_INFO,
    COMPRESSED_IMAGE,
    IMAGE,
    ExpectedTopic,
    UnpublishedInputs,
)

RUN = "ros2 run handseg_ros hand_segmentation_node --ros-args -r __node:="
Published = Sequence[tuple[str, type]]


@pytest.fixture
def camera() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


@pytest.mark.parametrize(
    ("awaited", "published", "named", "way"),
    [
        (
            ExpectedTopic("image", "/image", IMAGE),
            [("/image/compressed", CompressedImage), ("/camera/image_raw", Image)],
            "/image/compressed, /camera/image_raw",
            "ros2 param set /{name} image_transport compressed",
        ),
        (
            ExpectedTopic("image", "/cam/image/compressed", COMPRESSED_IMAGE),
            [("/cam/image", Image)],
            "/cam/image",
            "ros2 param set /{name} image_transport raw",
        ),
        (
            ExpectedTopic("image", "/image", IMAGE),
            # none of these is a camera's picture
            [
                ("/camera/depth/image_rect_raw", Image),
                ("/other/mask", Image),
                ("/other/instances_color", Image),
                ("/camera/color/image_raw", Image),
            ],
            "/camera/color/image_raw",
            RUN + "{name} -r image:=/camera/color/image_raw",
        ),
        (
            ExpectedTopic("image", "/image", IMAGE),
            [("/camera/image_raw/compressed", CompressedImage)],
            "/camera/image_raw/compressed",
            RUN + "{name} -p image_transport:=compressed -r image:=/camera/image_raw",
        ),
        (
            ExpectedTopic("image", "/image", IMAGE),
            [("/image", CompressedImage)],
            "/image",
            RUN + "{name} -p image_transport:=compressed -r image/compressed:=/image",
        ),
        (
            ExpectedTopic("depth", "/depth", IMAGE),
            [
                ("/camera/color/image_raw", Image),
                ("/camera/depth/image_rect_raw", Image),
                ("/camera/aligned_depth_to_color/image_raw", Image),
            ],
            "/camera/aligned_depth_to_color/image_raw, /camera/depth/image_rect_raw",
            "start the node with -r depth:=/camera/aligned_depth_to_color/image_raw added",
        ),
        (
            ExpectedTopic("camera_info", "/camera_info", CAMERA_INFO),
            [("/camera/depth/camera_info", CameraInfo), ("/camera/color/camera_info", CameraInfo)],
            "/camera/color/camera_info, /camera/depth/camera_info",
            "start the node with -r camera_info:=/camera/color/camera_info added",
        ),
        (
            ExpectedTopic("left/depth", "/left/depth", IMAGE),
            [("/left/color/image_raw", Image), ("/left/depth/image_rect_raw", Image)],
            "/left/depth/image_rect_raw",
            "start the node with -r left/depth:=/left/depth/image_rect_raw added",
        ),
        (
            ExpectedTopic("left/image", "/left/image", IMAGE),
            [("/right/image_raw/compressed", CompressedImage), ("/left/image_raw", Image)],
            "/left/image_raw, /right/image_raw/compressed",
            "start the node with -r left/image:=/left/image_raw added",
        ),
        (
            ExpectedTopic("left/image", "/left/image", IMAGE),
            [("/left/image_raw/compressed", CompressedImage)],
            "/left/image_raw/compressed",
            "start the node with -p image_transport:=compressed -r left/image:=/left/image_raw "
            "added",
        ),
    ],
)
def test_the_topic_that_is_meant_is_named_once_with_its_command(
    robot: Robot,
    camera: Robot,
    capfd: pytest.CaptureFixture[str],
    awaited: ExpectedTopic,
    published: Published,
    named: str,
    way: str,
) -> None:
    for topic, kind in published:
        camera.node.create_publisher(kind, topic, 1)
    # Nobody publishes what somebody only listens to.
    camera.node.create_subscription(Image, "/camera/listened", lambda message: None, 1)
    advice = UnpublishedInputs(robot.node, grace=0.0, period=0.0)
    found = {topic for topic, _ in published}

    def all_are_found() -> bool:
        return found <= {name for name, _ in robot.node.get_topic_names_and_types()}

    assert robot.wait_for(all_are_found)
    for _ in range(3):
        advice.look([awaited])
    first = named.split(", ", maxsplit=1)[0]
    sentence = (
        f"nobody publishes {awaited.topic} ({awaited.type}), but there is {named}; to take "
        f"{first}: {way.format(name=robot.node.get_name())}\n"
    )
    assert capfd.readouterr().err.count(sentence) == 1


def test_without_any_other_topic_the_way_out_is_told(
    robot: Robot, capfd: pytest.CaptureFixture[str]
) -> None:
    advice = UnpublishedInputs(robot.node, grace=0.0)
    advice.look([ExpectedTopic("image", "/image", IMAGE)])
    advice.look([])
    advice.look([ExpectedTopic("image", "/image", IMAGE)])
    sentence = (
        "nobody publishes /image (sensor_msgs/msg/Image), nor another topic that fits: start its "
        "driver, or take the topic that is meant with -r image:=TOPIC"
    )
    assert capfd.readouterr().err.count(sentence) == 1


@pytest.mark.slow
def test_the_commands_work_as_typed(robot: Robot, tmp_path: Path) -> None:
    model = by_colour(tmp_path / "colours.onnx")
    robot.listen("hands")
    with start_node(f"model:={model}") as process:
        started = process.wait_for_output("answers on ")
        assert "takes /image (sensor_msgs/msg/Image) while somebody listens to an output" in started
        assert "answers on /hand_segmentation/hands, /hand_segmentation/mask, " in started
        robot.open_camera("/image/compressed", CompressedImage)
        told = process.wait_for_output("image_transport compressed")
        words = _command(told, "ros2 param set")
        assert words[3] == "/hand_segmentation"
        assert robot.set_parameter(words[4], words[5]).successful
        assert robot.wait_for(lambda: robot.watchers)
        (hands,) = robot.send_and_wait(jpeg_message(coloured()), "hands")
        assert hands.hands
        robot.close_camera()
        robot.open_camera("/camera/image_raw")
        told = process.wait_for_output("image:=/camera/image_raw")
    words = _command(told, "ros2 run")
    assert words[2:4] == ["handseg_ros", "hand_segmentation_node"]
    own = ["-p", f"model:={model}"]
    with running_process([sys.executable, "-m", NODE_MODULE, *words[4:], *own]) as process:
        assert robot.wait_for(lambda: robot.watchers), process.output()
        (hands,) = robot.send_and_wait(image_message(coloured(), "bgr8"), "hands")
        assert hands.hands


def _command(output: str, beginning: str) -> list[str]:
    found = re.search(f": ({beginning} .*)$", output, re.M)
    assert found, output
    return shlex.split(found[1])
