"""Guards camera and hands in one process: frames as they were grabbed, images only where wanted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from handseg_ros.msg import HandInstances
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from support.assets import CLIP, PICTURE, rendered_hands
from support.processes import RunningProcess, running_process
from support.robot import Robot, a_robot
from support.viewer import seconds_of

from handseg_ros.image_messages import to_bgr
from handseg_ros.media import write_picture
from handseg_ros.nodes.parameters import ParameterError
from handseg_ros.nodes.source.settings import SourceParameters, of_camera
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

NODE = "/hand_camera"


def start_camera(*given: str) -> AbstractContextManager[RunningProcess]:
    """Start the node with parameters, each given as name:=value."""
    arguments = [word for parameter in given for word in ("-p", parameter)]
    module = "handseg_ros.nodes.hand_camera_node"
    return running_process([sys.executable, "-m", module, "--ros-args", *arguments])


@pytest.fixture
def robot() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


def listen(robot: Robot, kind: type, topic: str) -> list[Any]:
    """Keep what comes on a topic from now on."""
    kept: list[Any] = []
    robot.node.create_subscription(kind, topic, kept.append, 50)
    return kept


def set_parameter(robot: Robot, name: str, value: str) -> SetParametersResult:
    """Set one parameter of the node as `ros2 param set` does."""
    client = robot.node.create_client(SetParameters, f"{NODE}/set_parameters")
    parameter = Parameter(name, value=value).to_parameter_msg()
    answer = client.call_async(SetParameters.Request(parameters=[parameter]))
    assert robot.wait_for(answer.done)
    return answer.result().results[0]


def test_hands_are_those_of_the_picture_and_the_image_has_their_header(robot: Robot) -> None:
    hands, masks = (listen(robot, kind, f"{NODE}/{name}") for kind, name in
                    ((HandInstances, "hands"), (Image, "mask")))  # fmt: skip
    images, infos = listen(robot, Image, "/image"), listen(robot, CameraInfo, "/camera_info")
    options = (f"source:={PICTURE}", "loop:=true", "rate:=10.0", "frame_id:=eye")
    with start_camera(*options) as camera:
        assert robot.wait_for(lambda: len(hands) > 3 and len(images) > 3), camera.output()
        assert camera.stop() == 0
    expected = Segmenter.load(ModelOptions(model="hands")).segment(rendered_hands())
    stamps = {(each.header.stamp.sec, each.header.stamp.nanosec) for each in images}
    assert len(hands[-1].hands) == len(expected.hands) > 0
    assert {each.header.frame_id for each in (*hands, *images, *infos)} == {"eye"}
    known = [each for each in masks if (each.header.stamp.sec, each.header.stamp.nanosec) in stamps]
    assert known
    np.testing.assert_array_equal(to_bgr(known[-1])[:, :, 0], expected.mask())
    np.testing.assert_array_equal(to_bgr(images[-1]), rendered_hands())


def test_a_clip_begins_for_who_listens_and_the_node_ends_with_it(robot: Robot) -> None:
    with start_camera(f"source:={CLIP}", "rate:=30.0") as camera:
        camera.wait_for_output("takes frames of")
        robot.wait_for(lambda: False, 1.0)
        assert camera.is_running
        hands = listen(robot, HandInstances, f"{NODE}/hands")
        robot.wait_for(lambda: not camera.is_running)
        assert camera.wait() == 0
        assert "ended after 42 frames" in camera.output()
        assert hands[0].sequence == 1


def test_what_is_replaced_is_counted(robot: Robot) -> None:
    """A source that is far too quick: every frame is answered, or counted as dropped."""
    listen(robot, HandInstances, f"{NODE}/hands")
    told = listen(robot, DiagnosticArray, "/diagnostics")
    with start_camera(f"source:={CLIP}", "rate:=1000.0", "loop:=true") as camera:
        figures: dict[str, int] = {}

        def many() -> bool:
            for pair in told[-1].status[0].values if told else ():
                if pair.key.startswith("frames_"):
                    figures[pair.key] = int(pair.value)
            return figures.get("frames_dropped_for_newer", 0) > 50

        assert robot.wait_for(many), camera.output()
        left = figures["frames_received"] - figures["frames_answered"]
        assert 0 <= left - figures["frames_dropped_for_newer"] <= 2  # at hand, and waiting


def test_two_cameras_of_one_process(robot: Robot, tmp_path: Path) -> None:
    folders = []
    for name, size in (("left", (48, 64, 3)), ("right", (96, 128, 3))):
        (tmp_path / name).mkdir()
        write_picture(tmp_path / name / "0.png", np.full(size, 90, np.uint8))
        folders.append(str(tmp_path / name))
    kept = {
        name: listen(robot, HandInstances, f"{NODE}/{name}/hands") for name in ("left", "right")
    }
    with start_camera(
        "cameras:=left, right", f"source:={', '.join(folders)}", "loop:=true",
        "frame_id:='{camera}_eye'",
    ) as camera:  # fmt: skip
        assert robot.wait_for(lambda: all(kept.values())), camera.output()
        refused = set_parameter(robot, "frame_id", "eye")
        assert not refused.successful
        assert "for several cameras, which would share it" in refused.reason
        before = {name: len(messages) for name, messages in kept.items()}
        assert set_parameter(robot, "frame_id", "{camera}_lens").successful
        assert robot.wait_for(lambda: all(len(kept[name]) > before[name] + 3 for name in kept))
        assert {m[-1].header.frame_id for m in kept.values()} == {"left_lens", "right_lens"}
        assert camera.stop() == 0
    facts = {name: (m[0].height, m[0].width, m[0].header.frame_id) for name, m in kept.items()}
    assert facts == {"left": (48, 64, "left_eye"), "right": (96, 128, "right_eye")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("source:=/nowhere/at/all", "the source '/nowhere/at/all' does not exist"),
        ("source:=/dev/video77", "the camera '/dev/video77' does not exist"),
        ("camera_info_url:=/nowhere.yaml", "the calibration '/nowhere.yaml' cannot be read"),
    ],
)
def test_what_cannot_be_used_ends_the_node_in_words(given: str, words: str) -> None:
    options = (given,) if given.startswith("source") else (f"source:={PICTURE}", given)
    with start_camera(*options) as camera:
        assert camera.wait() == 1
        assert words in camera.output()


def test_the_node_ends_with_its_last_source(robot: Robot, tmp_path: Path) -> None:
    """One that ends before does not take the others along."""
    lengths = {"left": 2, "right": 12}
    for name, length in lengths.items():
        (tmp_path / name).mkdir()
        for number in range(length):
            picture = np.full((48, 64, 3), 90, np.uint8)
            write_picture(tmp_path / name / f"{number}.png", picture)
    kept = {name: listen(robot, HandInstances, f"{NODE}/{name}/hands") for name in lengths}
    sources = ", ".join(str(tmp_path / name) for name in lengths)
    with start_camera("cameras:=left, right", f"source:={sources}", "rate:=4.0") as camera:
        robot.wait_for(lambda: not camera.is_running)
        assert camera.wait() == 0
        assert "left ended after 2 frames" in camera.output()
        assert "right ended after 12 frames" in camera.output()
    newest = {name: max(seconds_of(m.header.stamp) for m in kept[name]) for name in lengths}
    assert newest["right"] > newest["left"] + 1.0


def test_who_leaves_while_the_last_frame_lingers_does_not_keep_the_node(robot: Robot) -> None:
    hands: list[HandInstances] = []
    listener = robot.node.create_subscription(HandInstances, f"{NODE}/hands", hands.append, 10)
    with start_camera(f"source:={PICTURE}", "linger:=30.0") as camera:
        assert robot.wait_for(lambda: "ended after 1 frames" in camera.output())
        robot.node.destroy_subscription(listener)
        assert camera.wait() == 0


def test_as_many_sources_as_cameras() -> None:
    settings = SourceParameters(source="a, b", camera_info_url="{camera}.yaml")
    right = of_camera(settings, "right", ("left", "right"))
    assert (right.source, right.camera_info_url) == ("b", "right.yaml")
    assert right.frame_id == "right_optical_frame"
    for shared in (SourceParameters("a, b", frame_id="eye"),
                   SourceParameters("a, b", camera_info_url="one.yaml")):  # fmt: skip
        with pytest.raises(ParameterError, match="for several cameras, which would share it"):
            of_camera(shared, "right", ("left", "right"))
    assert of_camera(settings, "", ("",)) is settings
    with pytest.raises(ParameterError, match="as many sources as there are cameras"):
        of_camera(settings, "one", ("one",))
