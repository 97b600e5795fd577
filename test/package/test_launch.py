"""Guards that the launch files start, with real ROS launch, what they say, and end cleanly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo
from support import robot
from support.processes import RunningProcess, running_process
from support.robot import Robot, a_robot

from handseg_ros.media import VideoSink

WITH_ROS = "launch and launch_ros come with a ROS installation"
launch_ros = pytest.importorskip("launch_ros", reason=WITH_ROS)

from ament_index_python.packages import get_package_share_directory  # noqa: E402
from launch.actions import DeclareLaunchArgument, ExecuteProcess  # noqa: E402
from launch.launch_context import LaunchContext  # noqa: E402
from launch.launch_description import LaunchDescription  # noqa: E402
from launch.launch_description_sources import (  # noqa: E402
    get_launch_description_from_python_launch_file as load,
)
from launch.utilities import perform_substitutions  # noqa: E402
from launch_ros.actions import Node  # noqa: E402

RUNNER = Path(robot.__file__).with_name("launch_file.py")
SHARE = Path(get_package_share_directory("handseg_ros"))
LENGTH = 30


def located(name: str) -> Path:
    """Return a launch file as `ros2 launch` finds it: wherever it lies in the package's share."""
    (path,) = SHARE.rglob(name)
    return path


def run_launch(name: str, *arguments: str) -> AbstractContextManager[RunningProcess]:
    return running_process([sys.executable, RUNNER, located(name), *arguments])


@pytest.fixture
def listener() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    with VideoSink(path, 10.0) as sink:
        for index in range(LENGTH):
            sink.write(np.full((48, 64, 3), 7 * index, np.uint8))
    return path


@pytest.mark.parametrize(
    "name",
    [
        *("grasp_filter.launch.py", "handseg.launch.py", "replay.launch.py"),
        "usb_camera.launch.py",
    ],
)
def test_show_args_tells_every_argument(name: str) -> None:
    shown = {
        argument.name: argument for argument in load(str(located(name))).get_launch_arguments()
    }

    # those of the file that is included are shown and taken too
    assert {
        "model",
        "image",
        "depth",
        "camera_info",
        "overlay_mode",
        "params_file",
        "namespace",
    } <= set(shown)
    assert all(len(argument.description) > 15 for argument in shown.values())


def test_arguments_reach_the_node(
    listener: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robot, "NODE", "/front/hand_segmentation")
    parameters = tmp_path / "mine.yaml"
    parameters.write_text("/**: {ros__parameters: {lazy: false, overlay_mode: contour}}")

    with run_launch(
        "handseg.launch.py",
        "namespace:=front",
        f"params_file:={parameters}",
        "image:=/camera/picture",
        "use_sim_time:=true",
    ) as launched:
        listener.open_camera("/camera/picture")
        assert listener.wait_for(lambda: listener.watchers == 1), launched.output()
        # an argument that is not given leaves the file's value alone
        assert listener.get_parameter("overlay_mode") == "contour"
        assert listener.get_parameter("use_sim_time") is True
        assert launched.stop() == 0
        assert "process has finished cleanly" in launched.output()


def test_argument_goes_before_the_file(listener: Robot) -> None:
    with run_launch("handseg.launch.py", "overlay_mode:=mask", "model:=hands") as launched:
        assert listener.get_parameter("overlay_mode") == "mask", launched.output()
        assert listener.get_parameter("model") == "hands"
        assert listener.get_parameter("lazy") is True


def test_a_depth_topic_turns_depth_on(listener: Robot) -> None:
    with run_launch(
        "handseg.launch.py", "depth:=/camera/depth", "camera_info:=/camera/info"
    ) as launched:
        listener.listen("points")
        infos = listener.node.create_publisher(CameraInfo, "/camera/info", 1)
        listener.open_camera("/camera/depth")
        assert listener.wait_for(lambda: listener.watchers == 1), launched.output()
        assert listener.wait_for(lambda: infos.get_subscription_count() == 1)
        assert listener.get_parameter("depth") is True


def test_unknown_choice_is_refused() -> None:
    with run_launch("handseg.launch.py", "overlay_mode:=sparkling") as launched:
        assert launched.wait() == 1
        output = launched.output()

    assert "sparkling" in output
    assert "contour" in output


def test_model_that_is_missing_ends_the_launch() -> None:
    with run_launch("handseg.launch.py", "model:=/nowhere/model.onnx") as launched:
        launched.wait(30.0)
        assert "/nowhere/model.onnx does not exist" in launched.output()


def test_usb_camera_with_the_package_s_own_source(listener: Robot, clip: Path) -> None:
    listener.listen("hands")

    with run_launch("usb_camera.launch.py", f"video_device:={clip}", "rviz:=false") as launched:
        assert listener.wait_for(lambda: listener.answers["hands"]), launched.output()
        # the clip's end is the camera's end, and that ends all the rest
        assert launched.wait(30.0) == 0
        assert launched.output().count("process has finished cleanly") == 2

    message = listener.answers["hands"][0]
    assert (message.height, message.width) == (48, 64)
    assert message.header.frame_id == "camera_optical_frame"


def prepared(name: str, **given: str) -> tuple[LaunchDescription, LaunchContext]:
    """Return a launch file's description, and a context in which its arguments have values."""
    description = load(str(located(name)))
    context = LaunchContext()
    context.launch_configurations.update(given)
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    return description, context


def started(description: LaunchDescription, context: LaunchContext) -> dict[str, Any]:
    """Return the processes whose conditions hold, a node's by its executable."""
    processes = [
        entity
        for entity in description.entities
        if isinstance(entity, ExecuteProcess)
        and (entity.condition is None or entity.condition.evaluate(context))
    ]
    return {
        process.node_executable if isinstance(process, Node) else "player": process
        for process in processes
    }


def test_usb_camera_chooses_driver_and_rviz() -> None:
    own = started(*prepared("usb_camera.launch.py"))
    foreign = started(*prepared("usb_camera.launch.py", driver="usb_cam", rviz="false"))

    assert set(own) == {"image_source_node", "rviz2"}
    assert set(foreign) == {"usb_cam_node_exe"}
    assert foreign["usb_cam_node_exe"].node_package == "usb_cam"


def test_replay_plays_the_bag_with_its_clock() -> None:
    description, context = prepared("replay.launch.py", bag="/data/walk", rate="0.5", rviz="false")

    processes = started(description, context)
    command = [perform_substitutions(context, part) for part in processes["player"].cmd]

    assert set(processes) == {"player"}
    assert command == [
        *("ros2", "bag", "play", "/data/walk", "--clock"),
        *("--rate", "0.5", "--delay", "3.0"),
    ]


def commands(description: LaunchDescription, context: LaunchContext) -> list[list[str]]:
    """Return the command lines of the processes whose conditions hold, nodes left out."""
    return [
        [perform_substitutions(context, part) for part in entity.cmd]
        for entity in description.entities
        if isinstance(entity, ExecuteProcess)
        and not isinstance(entity, Node)
        and (entity.condition is None or entity.condition.evaluate(context))
    ]


def test_grasp_filter_plays_the_scene_or_a_bag() -> None:
    scene = prepared("grasp_filter.launch.py", clearance="0.2", camera_info="/eye/camera_info")
    bag = prepared("grasp_filter.launch.py", bag="/data/walk")

    assert "image_source_node" in started(*scene)
    assert "image_source_node" not in started(*bag)
    candidates, grasp_filter = commands(*scene)
    assert Path(candidates[1]).name == "grasp_candidates.py"
    assert grasp_filter[2:] == [
        *("--ros-args", "-p", "clearance:=0.2", "-p", "max_age:=0.5"),
        *("-r", "camera_info:=/eye/camera_info"),
    ]
    assert Path(grasp_filter[1]).is_file()
    assert commands(*bag)[0] == ["ros2", "bag", "play", "/data/walk", "--clock", "200", "--loop"]


def test_replay_needs_a_bag() -> None:
    with run_launch("replay.launch.py", "rviz:=false") as launched:
        assert launched.wait() == 1
        assert "bag" in launched.output()
