"""Guards that `ros2 launch` starts, with each launch file, what it says, and ends cleanly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from geometry_msgs.msg import PoseArray
from handseg_ros.msg import HandInstances
from sensor_msgs.msg import CameraInfo
from support import robot
from support.bag_verb import install_bag_verb
from support.bags import image_entry, noise, stamp_of, write_bag
from support.processes import RunningProcess, running_process
from support.robot import Robot, a_robot

from handseg_ros.media import VideoSink

WITH_ROS = "ros2 and launch come with ROS, or with `make test ROS2_SOURCES=…` (CONTRIBUTING.md)"
pytest.importorskip("launch_ros", reason=WITH_ROS)
if shutil.which("ros2") is None:
    pytest.skip(WITH_ROS, allow_module_level=True)

LENGTH = 8
# Seconds; a launch starts Python several times, which a busy machine does slowly.
PATIENCE = 90.0
LAUNCH_FILES = (
    "cameras.launch.py",
    "grasp_filter.launch.py",
    "handseg.launch.py",
    "replay.launch.py",
    "rviz.launch.py",
    "usb_camera.launch.py",
)
# Writes down what it was given, and waits for the end as RViz does.
RVIZ = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -d ] && cp "$2" '{copy}.part'; shift; done
mv '{copy}.part' '{copy}'
trap 'exit 0' INT TERM
while :; do sleep 0.1; done
"""


def run_launch(
    name: str, *arguments: str, env: dict[str, str] | None = None
) -> AbstractContextManager[RunningProcess]:
    return running_process(["ros2", "launch", "handseg_ros", name, *arguments], env)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Robot]:
    monkeypatch.setattr(robot, "PATIENCE", PATIENCE)
    with a_robot() as made:
        yield made


@pytest.fixture
def parameter_of(listener: Robot, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    def value(node: str, name: str) -> Any:
        monkeypatch.setattr(robot, "NODE", node)
        return listener.get_parameter(name)

    return value


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    with VideoSink(path, 4.0) as sink:
        for index in range(LENGTH):
            sink.write(np.full((48, 64, 3), 7 * index, np.uint8))
    return path


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Return a prefix in which ROS finds packages of the names that `announce` gives it."""
    return tmp_path / "prefix"


def announce(prefix: Path, package: str) -> dict[str, str]:
    """Let ROS find a package in the prefix; returns the environment for that."""
    index = prefix / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True, exist_ok=True)
    (index / package).touch()
    places = [str(prefix), os.environ["AMENT_PREFIX_PATH"]]
    return {"AMENT_PREFIX_PATH": os.pathsep.join(places)}


def install_rviz(prefix: Path) -> tuple[dict[str, str], Path]:
    """Install a stand-in for RViz; returns its environment and where it copies its settings to."""
    program, copy = prefix / "lib" / "rviz2" / "rviz2", prefix / "copy.rviz"
    program.parent.mkdir(parents=True)
    program.write_text(RVIZ.format(copy=copy))
    program.chmod(0o755)
    return announce(prefix, "rviz2"), copy


@pytest.mark.parametrize("name", LAUNCH_FILES)
def test_show_args_tells_every_argument(name: str) -> None:
    with run_launch(name, "--show-args") as launched:
        assert launched.wait(PATIENCE) == 0, launched.output()
        shown = set(re.findall(r"^ +'(\w+)':$", launched.output(), re.M))

    whole = {"namespace", "node_name", "use_sim_time"}
    if name != "rviz.launch.py":
        # those of the file that is included are shown and taken too
        whole |= {"model", "image", "depth", "camera_info", "overlay_mode", "params_file"}
    assert whole <= shown


def test_arguments_reach_the_node(
    listener: Robot, parameter_of: Callable[[str, str], Any], tmp_path: Path
) -> None:
    parameters = tmp_path / "mine.yaml"
    parameters.write_text("/**: {ros__parameters: {lazy: false, overlay_mode: contour}}")

    with run_launch(
        "handseg.launch.py",
        "namespace:=front/",
        "node_name:=left",
        "params_file:=~/mine.yaml",
        "image:=/camera/picture",
        "use_sim_time:=TRUE",
        "depth:=/camera/depth",
        "camera_info:=/camera/info",
        "dds_profile:=none",
        env={"HOME": str(tmp_path)},
    ) as launched:
        infos = listener.node.create_publisher(CameraInfo, "/camera/info", 1)
        listener.open_camera("/camera/picture")
        assert listener.wait_for(lambda: listener.watchers == 1), launched.output()
        listener.open_camera("/camera/depth")
        assert listener.wait_for(lambda: listener.watchers == 1), launched.output()
        assert listener.wait_for(lambda: infos.get_subscription_count() == 1)
        # an argument that is not given leaves the file's value alone
        assert parameter_of("/front/left", "overlay_mode") == "contour"
        assert parameter_of("/front/left", "use_sim_time") is True
        assert parameter_of("/front/left", "depth") is True
        assert launched.stop(timeout=PATIENCE) == 0
        assert "process has finished cleanly" in launched.output()


def test_argument_goes_before_the_file(
    parameter_of: Callable[[str, str], Any], tmp_path: Path
) -> None:
    parameters = tmp_path / "mine.yaml"
    parameters.write_text("/other: {ros__parameters: {lazy: false, overlay_mode: contour}}")

    with run_launch(
        "handseg.launch.py", "overlay_mode:=mask", "model:=hands", f"params_file:={parameters}"
    ) as launched:
        assert parameter_of("/hand_segmentation", "overlay_mode") == "mask", launched.output()
        assert parameter_of("/hand_segmentation", "model") == "hands"
        # a file that is another node's has no effect, and that is told
        assert parameter_of("/hand_segmentation", "lazy") is True
        assert "sets nothing for /hand_segmentation, which has its defaults" in launched.output()


def left_behind(mark: str) -> list[int]:
    """Return the processes that have this text in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:  # it ended meanwhile, or is another user's
            continue
        if mark.encode() in environment:
            found.append(int(folder.name))
    return found


def refused(*arguments: str) -> str:
    """Return what a launch says that ends with code 1, and without any process that goes on."""
    mark = f"HANDSEG_TEST_{uuid.uuid4().hex}"
    with run_launch(*arguments, env={mark: ""}) as launched:
        assert launched.wait(PATIENCE) == 1
        # one that was just being started would be there by now, or come in a moment
        time.sleep(0.5)
        found = left_behind(mark)
        for process in found:
            os.kill(process, signal.SIGKILL)
        assert found == []
        assert "Traceback" not in launched.output()
        return launched.output()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["handseg.launch.py", "overlay_mode:=sparkling"], "contour"),
        (["handseg.launch.py", "use_sim_time:=maybe"], "it takes true or false"),
        (["handseg.launch.py", "params_file:=/nope.yaml"], "'/nope.yaml' does not exist"),
        (["handseg.launch.py", "dds_profile:=/nope.xml"], "'/nope.xml' does not exist"),
        (["usb_camera.launch.py", "rviz:=sure"], "rviz cannot be 'sure'"),
        (["grasp_filter.launch.py", "max_age:=one"], "max_age cannot be 'one'"),
        (["grasp_filter.launch.py", "scene:=/nope"], "scene '/nope' does not exist"),
        (["usb_camera.launch.py", "rate:=fast"], "rate cannot be 'fast'"),
        (["usb_camera.launch.py", "video_devise:=3", "rviz:=x"], "did you mean video_device?"),
        (["grasp_filter.launch.py", "modle:=x", "params_file:=/x"], "did you mean model?"),
        (["usb_camera.launch.py", "model:=/nope", "rviz_config:=/nope"], "rviz_config '/nope'"),
        (["usb_camera.launch.py", "params_file:=/nope.yaml"], "'/nope.yaml' does not exist"),
        (["cameras.launch.py", "devices:=/dev/video0"], "1 devices for 2 cameras"),
        (["cameras.launch.py", "cameras:=a,a", "devices:=/x,/y"], "it takes different names"),
        (["cameras.launch.py", "image:=/front"], "image cannot be '/front' with cameras"),
        (["cameras.launch.py", "device:=1,2", "rate:=x"], "did you mean devices?"),
        (["replay.launch.py"], "missing required argument 'bag'"),
        (["replay.launch.py", "bag:=/nope"], "bag '/nope' does not exist"),
    ],
    ids=lambda value: value[-1].partition(":=")[0] if isinstance(value, list) else None,
)
def test_a_value_that_cannot_be_ends_in_one_sentence(arguments: list[str], words: str) -> None:
    assert words in refused(*arguments)


@pytest.mark.parametrize(
    ("name", "argument", "package"),
    [
        ("usb_camera.launch.py", "driver:=usb_cam", "ros-$ROS_DISTRO-usb-cam"),
        ("replay.launch.py", "bag:=/", "ros-$ROS_DISTRO-ros2bag"),
        ("grasp_filter.launch.py", "bag:=/", "ros-$ROS_DISTRO-ros2bag"),
    ],
)
def test_what_is_not_installed_is_told(name: str, argument: str, package: str) -> None:
    if shutil.which("rviz2"):
        pytest.skip("a whole ROS installation has these")
    assert package in refused(name, argument)


def ros2(*words: str) -> str:
    """Return what a command of `ros2` says."""
    with running_process(["ros2", *words]) as process:
        process.wait(PATIENCE)
        return process.output()


def ros2_until(answer: str, *words: str) -> None:
    """Ask until `ros2` says so: what it does not find in two seconds, it may find in the next."""
    end = time.monotonic() + PATIENCE
    while answer not in (said := ros2(*words, "--no-daemon", "--spin-time", "2")):
        assert time.monotonic() < end, said


def test_the_tools_of_ros2_know_the_node(parameter_of: Callable[[str, str], Any]) -> None:
    node = "/hand_segmentation"
    with run_launch("handseg.launch.py") as launched:
        assert parameter_of(node, "score_threshold") == -1.0, launched.output()
        # a number without a fraction, where one with a fraction is meant
        ros2_until("successful", "param", "set", node, "score_threshold", "1")
        assert parameter_of(node, "score_threshold") == 1
        ros2_until("it takes none, mask, contour", "param", "set", node, "overlay_mode", "red")
        ros2_until("Least score of a hand", "param", "describe", node, "score_threshold")
        ros2_until("active [3]", "lifecycle", "get", node)
        ros2_until("handseg_ros/msg/HandInstances", "topic", "type", f"{node}/hands")


def test_ros2_run_finds_the_nodes(clip: Path) -> None:
    # a source that ends by itself: `ros2 run` does not hand a signal on that it alone is sent
    given = ("--ros-args", "-p", f"source:={clip}", "-p", "rate:=100", "-p", "linger:=0")
    said = ros2("run", "handseg_ros", "image_source_node", *given)
    assert f"ended after {LENGTH} frames" in said
    assert "No executable found" in ros2("run", "handseg_ros", "no_such_node")


def test_model_that_is_missing_ends_the_launch(clip: Path) -> None:
    with run_launch(
        "usb_camera.launch.py", "model:=/nowhere/model.onnx", f"video_device:={clip}", "rviz:=False"
    ) as launched:
        # the camera is not left running alone
        assert launched.wait(PATIENCE) == 1
        assert "/nowhere/model.onnx does not exist" in launched.output()


def test_a_short_clip_is_answered_whole(
    listener: Robot, parameter_of: Callable[[str, str], Any], clip: Path
) -> None:
    infos: list[CameraInfo] = []
    listener.node.create_subscription(CameraInfo, "/eye/info", infos.append, 10)

    with run_launch(
        "usb_camera.launch.py",
        f"video_device:={clip}",
        "image:=/eye/picture",
        "camera_info:=/eye/info",
        "frame_id:=eye",
        "camera_name:=eye",
    ) as launched:
        # nothing is taken from the clip until somebody listens
        assert parameter_of("/eye", "wait_for_subscribers") == 1, launched.output()
        parameter_of("/hand_segmentation", "lazy")
        listener.listen("hands")
        # the clip's end is the camera's end, and that ends all the rest
        assert listener.wait_for(lambda: not launched.is_running), launched.output()
        assert launched.wait(PATIENCE) == 0
        output = launched.output()

    assert "publishing" in output
    assert output.count("process has finished cleanly") == 2
    assert ("RViz is left out" in output) == (shutil.which("rviz2") is None)
    answers = listener.answers["hands"]
    assert len(answers) == len(infos) == LENGTH
    assert (answers[0].height, answers[0].width) == (48, 64)
    assert {message.header.frame_id for message in (*answers, *infos)} == {"eye"}


def test_two_cameras_share_a_node(
    listener: Robot, parameter_of: Callable[[str, str], Any], clip: Path, tmp_path: Path
) -> None:
    """Each has hands, frame and image of its own, and the end of one is the end of all."""
    wide = tmp_path / "wide.mkv"
    with VideoSink(wide, 4.0) as sink:
        for _ in range(10 * LENGTH):
            sink.write(np.full((48, 96, 3), 90, np.uint8))
    kept: dict[str, list[HandInstances]] = {"near": [], "far": []}

    with run_launch(
        "cameras.launch.py",
        "cameras:=near,far",
        f"devices:={clip},{wide}",
        "namespace:=cam1",
        "node_name:=both",
        "model:=hands_fast",
        "image_transport:=compressed",
        "use_sim_time:=0",
    ) as launched:
        # nothing is taken from the clips until somebody listens
        assert parameter_of("/cam1/both", "cameras") == "near,far", launched.output()
        for name in ("far", "near"):
            source = f"/cam1/{name}/image_source"
            assert parameter_of(source, "wait_for_subscribers") == 1
            assert parameter_of(source, "image_transport") == "compressed"
            assert parameter_of(source, "use_sim_time") is False
        listener.node.create_subscription(
            HandInstances, "/cam1/both/far/hands", kept["far"].append, 50
        )
        assert listener.wait_for(lambda: kept["far"]), launched.output()
        listener.node.create_subscription(
            HandInstances, "/cam1/both/near/hands", kept["near"].append, 50
        )
        assert listener.wait_for(lambda: not launched.is_running), launched.output()
        assert launched.wait(PATIENCE) == 0
        assert f"ended after {LENGTH} frames" in launched.output()
        assert "was required: shutting down" in launched.output()
    facts = {name: {(m.width, m.header.frame_id) for m in found} for name, found in kept.items()}
    assert facts == {"near": {(64, "near_optical_frame")}, "far": {(96, "far_optical_frame")}}
    assert len(kept["near"]) == LENGTH


def test_a_camera_s_model_that_is_missing_ends_the_launch(clip: Path) -> None:
    given = (f"devices:={clip},{clip}", "model:=/nowhere/model.onnx")
    with run_launch("cameras.launch.py", *given) as launched:
        # the cameras are not left running alone
        assert launched.wait(PATIENCE) == 1
        assert "/nowhere/model.onnx does not exist" in launched.output()


def test_rate_and_loop_reach_the_camera(
    parameter_of: Callable[[str, str], Any], clip: Path
) -> None:
    with run_launch(
        "usb_camera.launch.py",
        f"video_device:={clip}",
        "namespace:=cam1",
        "loop:=True",
        "rate:=5",
        "image_transport:=compressed",
        "use_sim_time:=1",
        "rviz:=FALSE",
    ) as launched:
        source = "/cam1/image_source"
        assert parameter_of(source, "loop") is True, launched.output()
        assert parameter_of(source, "rate") == 5.0
        for node in (source, "/cam1/hand_segmentation"):
            assert parameter_of(node, "image_transport") == "compressed"
            assert parameter_of(node, "use_sim_time") is True


def test_rviz_shows_the_node_that_is_launched(prefix: Path, clip: Path, listener: Robot) -> None:
    env, copy = install_rviz(prefix)

    with run_launch(
        "usb_camera.launch.py",
        f"video_device:={clip}",
        "namespace:=front",
        "node_name:=left",
        "frame_id:=left_optical_frame",
        env=env,
    ) as launched:
        assert listener.wait_for(copy.exists), launched.output()
        assert "RViz is left out" not in launched.output()
        assert launched.stop(timeout=PATIENCE) == 0
    manager = yaml.safe_load(copy.read_text())["Visualization Manager"]

    topics = {display["Topic"]["Value"] for display in manager["Displays"]}
    assert all(topic.startswith("/front/left/") for topic in topics)
    assert manager["Global Options"]["Fixed Frame"] == "left_optical_frame"


@pytest.fixture
def bag_env(tmp_path: Path) -> dict[str, str]:
    if shutil.which("rviz2"):
        return {}  # a whole ROS installation plays bags itself
    return install_bag_verb(tmp_path / "player")


@pytest.mark.parametrize(
    ("arguments", "simulated"),
    [((), True), (("use_sim_time:=False", "rate:=0.5"), False)],
    ids=["its own clock", "ours"],
)
def test_a_bag_is_replayed(
    arguments: tuple[str, ...],
    simulated: bool,
    bag_env: dict[str, str],
    tmp_path: Path,
    listener: Robot,
    parameter_of: Callable[[str, str], Any],
) -> None:
    images = [image_entry("/eye/picture", stamp_of(n), noise(n)) for n in range(4)]
    bag = write_bag(tmp_path / "walk", images)
    listener.listen("hands")

    given = (f"bag:={bag}", "image:=/eye/picture", "delay:=10", "rviz:=0", *arguments)
    with run_launch("replay.launch.py", *given, env=bag_env) as launched:
        assert parameter_of("/hand_segmentation", "use_sim_time") is simulated, launched.output()
        assert listener.wait_for(lambda: listener.answers["hands"]), launched.output()
        # the bag's end is the end of all
        assert listener.wait_for(lambda: not launched.is_running), launched.output()
        assert launched.wait(PATIENCE) == 0
    ages = [message.input_age.sec for message in listener.answers["hands"]]
    # by any other clock than its own a bag is old
    assert all(age < 10 for age in ages) if simulated else all(age > 1000 for age in ages)


def test_a_bag_that_cannot_be_played_is_no_success(bag_env: dict[str, str], tmp_path: Path) -> None:
    given = (f"bag:={tmp_path}", "delay:=0", "rviz:=false")
    with run_launch("replay.launch.py", *given, env=bag_env) as launched:
        assert launched.wait(PATIENCE) == 1
        assert "bag-2 ended with code 1: see its last words above" in launched.output()


def test_a_bag_s_time_is_that_of_grasps(
    bag_env: dict[str, str], tmp_path: Path, parameter_of: Callable[[str, str], Any]
) -> None:
    bag = write_bag(tmp_path / "walk", [image_entry("/image", stamp_of(0), noise(0))])
    with run_launch("grasp_filter.launch.py", f"bag:={bag}", env=bag_env) as launched:
        for node in ("hand_segmentation", "grasp_candidates", "grasp_filter"):
            assert parameter_of(f"/{node}", "use_sim_time") is True, launched.output()
        assert "image_source" not in launched.output()


def test_all_arguments_are_taken_by_the_grasp_filter(
    listener: Robot, parameter_of: Callable[[str, str], Any]
) -> None:
    safe: list[PoseArray] = []
    listener.node.create_subscription(PoseArray, "/cam1/grasp_filter/safe", safe.append, 10)

    with run_launch(
        "grasp_filter.launch.py",
        "namespace:=cam1",
        "node_name:=left",
        "image:=colour",
        "depth:=distance",
        "camera_info:=lens",
        "clearance:=0",
        "max_age:=3",
        "use_sim_time:=False",
    ) as launched:
        assert listener.wait_for(lambda: any(message.poses for message in safe)), launched.output()
        assert parameter_of("/cam1/grasp_filter", "max_age") == 3.0
        assert listener.set_parameter("max_age", 2).successful
        assert parameter_of("/cam1/grasp_filter", "max_age") == 2
        assert "0 to 3600" in listener.set_parameter("max_age", -1).reason
        nodes = ("image_source", "left", "grasp_candidates", "grasp_filter")
        assert not any(parameter_of(f"/cam1/{node}", "use_sim_time") for node in nodes)
        topics = dict(listener.node.get_topic_names_and_types())
        assert launched.stop(timeout=PATIENCE) == 0
    assert {"/cam1/colour", "/cam1/distance", "/cam1/lens", "/cam1/left/hands"} <= set(topics)
    assert not {"/image", "/candidates", "/cam1/image", "/cam1/camera_info"} & set(topics)


def test_simulated_time_is_everywhere(parameter_of: Callable[[str, str], Any]) -> None:
    with run_launch("grasp_filter.launch.py", "use_sim_time:=true") as launched:
        for node in ("image_source", "hand_segmentation", "grasp_candidates", "grasp_filter"):
            assert parameter_of(f"/{node}", "use_sim_time") is True, launched.output()
