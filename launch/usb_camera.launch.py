"""A USB camera, the hand segmentation node, and RViz to look at the result.

The arguments of handseg.launch.py and rviz.launch.py are taken too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from handseg_ros.nodes import launch_arguments as given
from launch import LaunchContext, LaunchDescription

LAUNCH = Path(get_package_share_directory("handseg_ros"), "launch")
OWN, USB_CAM = "handseg_ros", "usb_cam"
ARGUMENTS = (
    DeclareLaunchArgument(
        "driver",
        default_value=OWN,
        choices=[OWN, USB_CAM],
        description="What reads the camera: this package's image_source_node, or usb_cam",
    ),
    DeclareLaunchArgument(
        "video_device",
        default_value="/dev/video0",
        description="The camera's device (with driver handseg_ros also a video or a folder)",
    ),
    DeclareLaunchArgument(
        "camera_name",
        default_value="image_source",
        description="Name of the node that reads the camera, so that several can share a namespace",
    ),
    DeclareLaunchArgument(
        "frame_id",
        default_value="camera_optical_frame",
        description="Frame of the images: the camera's optical frame",
    ),
    DeclareLaunchArgument(
        "camera_info_url",
        default_value="",
        description="Calibration of the camera: a path, file:// or package:// URL; empty: none",
    ),
    DeclareLaunchArgument(
        "rate",
        default_value="0",
        description="Frames a second; 0: as they come from the camera, 10 from a folder",
    ),
    DeclareLaunchArgument(
        "loop",
        default_value="false",
        description="true or false: whether a video or a folder starts again at its end",
    ),
    DeclareLaunchArgument(
        "wait_for_subscribers",
        default_value="1",
        description="How many must listen to the images before the first is taken (by driver "
        "handseg_ros): the node does once its network is loaded and somebody listens to it",
    ),
)


def _own_source(values: dict[str, str]) -> dict[str, Any]:
    return {
        "source": given.path(values["video_device"]),
        "frame_id": values["frame_id"],
        "camera_info_url": given.path(values["camera_info_url"]),
        "rate": given.number("rate", values["rate"]),
        "loop": given.boolean("loop", values["loop"]),
        "wait_for_subscribers": given.whole_number(
            "wait_for_subscribers", values["wait_for_subscribers"]
        ),
    }


def _usb_cam(values: dict[str, str]) -> dict[str, Any]:
    if not given.is_installed(USB_CAM):
        raise given.LaunchArgumentError(
            "driver cannot be 'usb_cam', which is not installed: install ros-$ROS_DISTRO-usb-cam, "
            "or leave driver out"
        )
    rate = given.number("rate", values["rate"])
    return {
        "video_device": values["video_device"],
        "frame_id": values["frame_id"],
        "camera_info_url": given.calibration_url(values["camera_info_url"]),
        **({"framerate": rate} if rate else {}),
    }


def _camera(context: LaunchContext) -> dict[str, Any]:
    values = {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }
    return _own_source(values) if values["driver"] == OWN else _usb_cam(values)


def _check(context: LaunchContext) -> None:
    """Refuse what cannot be before any process is there: launch would leave that one behind."""
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("usb_camera.launch.py").warning(sentence)
    _camera(context)
    given.check_rviz(context.launch_configurations)


def _start(context: LaunchContext) -> list[Node]:
    # the last of these are handseg.launch.py's, which has checked them
    names = ("driver", "camera_name", "namespace", "image", "image_transport", "camera_info")
    values = {name: LaunchConfiguration(name).perform(context) for name in (*names, "use_sim_time")}
    is_own = values["driver"] == OWN
    parameters = _camera(context)
    if is_own:
        parameters["image_transport"] = values["image_transport"] or "raw"
    if values["use_sim_time"]:
        parameters["use_sim_time"] = given.boolean("use_sim_time", values["use_sim_time"])
    image = "image" if is_own else "image_raw"
    return [
        Node(
            package="handseg_ros" if is_own else USB_CAM,
            executable="image_source_node" if is_own else "usb_cam_node_exe",
            name=values["camera_name"],
            namespace=given.namespace(values["namespace"]),
            parameters=[
                {
                    key: ParameterValue(value, value_type=type(value))
                    for key, value in parameters.items()
                }
            ],
            remappings=[
                (image, values["image"]),
                (f"{image}/compressed", f"{values['image']}/compressed"),
                ("camera_info", values["camera_info"]),
            ],
            output="screen",
            on_exit=Shutdown(reason="the camera ended"),
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when the camera or RViz ends, all the rest does."""
    return LaunchDescription(
        [
            *ARGUMENTS,
            OpaqueFunction(function=_check),
            RegisterEventHandler(OnProcessExit(on_exit=given.end_on_failure)),
            IncludeLaunchDescription(str(LAUNCH / "handseg.launch.py")),
            OpaqueFunction(function=_start),
            IncludeLaunchDescription(str(LAUNCH / "rviz.launch.py")),
        ]
    )
