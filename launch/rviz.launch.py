"""RViz on what the hand segmentation node publishes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from handseg_ros.nodes import launch_arguments as given
from handseg_ros.nodes.rviz_config import write_rviz_config
from launch import LaunchContext, LaunchDescription

CONFIG = Path(get_package_share_directory("handseg_ros"), "config", "handseg.rviz")
ARGUMENTS = (
    DeclareLaunchArgument(
        "rviz", default_value="true", description="true or false: whether RViz shows the result"
    ),
    DeclareLaunchArgument(
        "rviz_config",
        default_value="",
        description="Configuration of RViz, taken as it is; empty: the package's, with the topics "
        "of the node and with frame_id as the fixed frame",
    ),
    DeclareLaunchArgument(
        "frame_id",
        default_value="camera_optical_frame",
        description="Frame of the images, which RViz shows points and markers in",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="Namespace of the node that is looked at"
    ),
    DeclareLaunchArgument(
        "node_name",
        default_value="hand_segmentation",
        description="Name of the node that is looked at",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="",
        description="true or false: whether time comes from /clock; empty: it does not",
    ),
)


def _start(context: LaunchContext) -> list[Node]:
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("rviz.launch.py").warning(sentence)
    values = {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }
    if not given.boolean("rviz", values["rviz"]):
        return []
    if not given.is_installed("rviz2"):
        get_logger("rviz.launch.py").warning(
            "RViz is left out, as it is not installed: install ros-$ROS_DISTRO-rviz2, or say "
            "rviz:=false"
        )
        return []
    node = given.full_name(values["namespace"], values["node_name"])
    if values["rviz_config"]:
        config = given.existing("rviz_config", values["rviz_config"])
    else:
        config = str(write_rviz_config(CONFIG, node, values["frame_id"]))
    simulated = values["use_sim_time"] and given.boolean("use_sim_time", values["use_sim_time"])
    return [
        Node(
            package="rviz2",
            executable="rviz2",
            arguments=["-d", config],
            parameters=[{"use_sim_time": bool(simulated)}],
            on_exit=Shutdown(reason="RViz was closed"),
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when RViz is closed, all the rest ends."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=_start)])
