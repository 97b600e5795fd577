"""Grasp candidates kept clear of hands: an RGB-D scene, the hand segmentation node, the filter.

The scene is a rendered one that comes with the package, or a recorded bag. A stand-in for a grasp
planner publishes the candidates. The arguments of handseg.launch.py are taken too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    SetLaunchConfiguration,
)
from launch.event_handlers import OnProcessExit
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from handseg_ros.nodes import launch_arguments as given
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

SHARE = Path(get_package_share_directory("handseg_ros"))
ARGUMENTS = (
    DeclareLaunchArgument(
        "scene",
        default_value=str(SHARE / "assets" / "rgbd_scene"),
        description="Folder with images/, depth/ and camera.yaml, played again and again",
    ),
    DeclareLaunchArgument(
        "bag",
        default_value="",
        description="Bag with colour, aligned depth and camera_info, played in place of the scene",
    ),
    DeclareLaunchArgument(
        "depth", default_value="depth", description="Topic of the depth, aligned to the images"
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="",
        description="true or false: whether time comes from /clock; empty: with a bag it does",
    ),
    DeclareLaunchArgument(
        "frame_id",
        default_value="camera_optical_frame",
        description="Frame of images and candidates: the camera's optical frame",
    ),
    DeclareLaunchArgument(
        "clearance",
        default_value="0.1",
        description="Metres that candidates keep from what is seen of a hand",
    ),
    DeclareLaunchArgument(
        "max_age",
        default_value="0.5",
        description="Seconds after which what is known of hands is too old: all is refused then",
    ),
)


def _parameters(values: dict[str, Any]) -> list[dict[str, ParameterValue]]:
    # each with its type, as launch_ros would read a text as YAML
    return [{key: ParameterValue(value, value_type=type(value)) for key, value in values.items()}]


def _own(context: LaunchContext) -> dict[str, str]:
    return {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }


def _limits(values: dict[str, str]) -> dict[str, float]:
    return {name: given.number(name, values[name]) for name in ("clearance", "max_age")}


def _scene(folder: str) -> dict[str, Any]:
    scene = Path(given.existing("scene", folder, folder=True))
    return {
        "source": str(scene / "images"),
        "depth": str(scene / "depth"),
        "camera_info_url": str(scene / "camera.yaml"),
        "rate": 5.0,
        "loop": True,
    }


def _play(bag: str) -> list[str]:
    path = given.existing("bag", bag, folder=True)
    if not given.is_installed("ros2bag"):
        raise given.LaunchArgumentError(
            f"bag '{bag}' cannot be played, as 'ros2 bag' is not installed: install "
            "ros-$ROS_DISTRO-ros2bag and the storage that the bag needs"
        )
    return ["ros2", "bag", "play", path, "--clock", "200", "--loop"]


def _check(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Refuse what cannot be before any process is there: launch would leave that one behind.

    Time comes from a bag, unless told otherwise: its images are as old as it by any other clock.
    """
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("grasp_filter.launch.py").warning(sentence)
    values = _own(context)
    _limits(values)
    if not values["bag"]:
        _scene(values["scene"])
        return []
    _play(values["bag"])
    return [] if values["use_sim_time"] else [SetLaunchConfiguration("use_sim_time", "true")]


def _start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    # these are handseg.launch.py's, which has checked them
    names = ("namespace", "node_name", "image", "camera_info")
    values = _own(context)
    values |= {name: LaunchConfiguration(name).perform(context) for name in names}
    clock: dict[str, Any] = {}
    if values["use_sim_time"]:
        clock = {"use_sim_time": given.truth("use_sim_time", values["use_sim_time"])}
    namespace, hands = given.namespace(values["namespace"]), values["node_name"]
    camera_info = ("camera_info", values["camera_info"])
    answers = [
        (f"hand_segmentation/{topic}", f"{hands}/{topic}") for topic in ("hands", "keep_out")
    ]

    def example(program: str, parameters: dict[str, Any]) -> Node:
        return Node(
            executable=sys.executable,
            exec_name=program,
            arguments=[str(SHARE / "examples" / f"{program}.py")],
            name=program,
            namespace=namespace,
            parameters=_parameters({**parameters, **clock}),
            remappings=[camera_info, *answers],
            output="screen",
        )

    if values["bag"]:
        images = ExecuteProcess(cmd=_play(values["bag"]), name="bag", output="screen")
    else:
        frame = {"frame_id": values["frame_id"]}
        images = Node(
            package="handseg_ros",
            executable="image_source_node",
            name="image_source",
            namespace=namespace,
            parameters=_parameters({**_scene(values["scene"]), **frame, **clock}),
            remappings=[camera_info, *((topic, values[topic]) for topic in ("image", "depth"))],
            output="screen",
        )
    candidates = example("grasp_candidates", {"frame_id": values["frame_id"]})
    return [images, candidates, example("grasp_filter", _limits(values))]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; all of it runs until Ctrl-C, or until one of them fails."""
    return LaunchDescription(
        [
            *ARGUMENTS,
            OpaqueFunction(function=_check),
            RegisterEventHandler(OnProcessExit(on_exit=given.end_on_failure)),
            IncludeLaunchDescription(str(SHARE / "launch" / "handseg.launch.py")),
            OpaqueFunction(function=_start),
        ]
    )
