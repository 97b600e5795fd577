"""Several USB cameras and one hand segmentation node that they share: one network, one process.

The arguments of handseg.launch.py are taken too.
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
ARGUMENTS = (
    DeclareLaunchArgument(
        "cameras", default_value="left,right", description="Names of the cameras, as left,right"
    ),
    DeclareLaunchArgument(
        "devices",
        default_value="/dev/video0,/dev/video2",
        description="The cameras' devices in the same order, by /dev/v4l/by-path where which is "
        "which must last (also videos or folders)",
    ),
    DeclareLaunchArgument(
        "rate",
        default_value="0",
        description="Frames a second of each; 0: as they come from the camera, 10 from a folder",
    ),
)


def _sources(context: LaunchContext) -> dict[str, dict[str, Any]]:
    """Return the parameters of each camera's node, by the camera's name."""
    values = {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }
    rate = given.number("rate", values["rate"])
    return {
        name: {
            "source": device,
            "frame_id": f"{name}_optical_frame",
            "rate": rate,
            "wait_for_subscribers": 1,
        }
        for name, device in given.devices_of(values["cameras"], values["devices"]).items()
    }


def _check(context: LaunchContext) -> None:
    """Refuse what cannot be before any process is there: launch would leave that one behind."""
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("cameras.launch.py").warning(sentence)
    _sources(context)


def _start(context: LaunchContext) -> list[Node]:
    # these are handseg.launch.py's, which has checked them
    names = ("namespace", "image_transport", "use_sim_time")
    values = {name: LaunchConfiguration(name).perform(context) for name in names}
    shared: dict[str, Any] = {"image_transport": values["image_transport"] or "raw"}
    if values["use_sim_time"]:
        shared["use_sim_time"] = given.boolean("use_sim_time", values["use_sim_time"])
    namespace = given.namespace(values["namespace"])
    return [
        Node(
            package="handseg_ros",
            executable="image_source_node",
            namespace="/".join(filter(None, (namespace, name))),
            parameters=[
                {
                    key: ParameterValue(value, value_type=type(value))
                    for key, value in (own | shared).items()
                }
            ],
            output="screen",
            on_exit=Shutdown(reason=f"the camera {name} ended"),
        )
        for name, own in _sources(context).items()
    ]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when a camera ends, all the rest does."""
    return LaunchDescription(
        [
            *ARGUMENTS,
            OpaqueFunction(function=_check),
            RegisterEventHandler(OnProcessExit(on_exit=given.end_on_failure)),
            IncludeLaunchDescription(str(LAUNCH / "handseg.launch.py")),
            OpaqueFunction(function=_start),
        ]
    )
