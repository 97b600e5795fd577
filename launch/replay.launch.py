"""A recorded bag played back, the hand segmentation node, and RViz to look at the result.

The arguments of handseg.launch.py and rviz.launch.py are taken too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration

from handseg_ros.nodes import launch_arguments as given
from launch import LaunchContext, LaunchDescription

LAUNCH = Path(get_package_share_directory("handseg_ros"), "launch")
# How long the last answers may take to come out, in seconds.
LAST_ANSWERS = 2.0
ARGUMENTS = (
    DeclareLaunchArgument("bag", description="The bag: its folder, or its one file"),
    DeclareLaunchArgument(
        "rate", default_value="1", description="How fast to play: 0.5 is half as fast as life"
    ),
    DeclareLaunchArgument(
        "delay",
        default_value="3",
        description="Seconds before the first message, for the node and RViz to be there",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="true",
        description="true or false: whether time comes from the bag; false: it goes on as here",
    ),
)


def _command(context: LaunchContext) -> list[str]:
    values = {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }
    bag = given.existing("bag", values["bag"], folder=True)
    rate, delay = (str(given.number(name, values[name])) for name in ("rate", "delay"))
    if not given.is_installed("ros2bag"):
        raise given.LaunchArgumentError(
            "no bag can be played, as 'ros2 bag' is not installed: install "
            "ros-$ROS_DISTRO-ros2bag and the storage that the bag needs"
        )
    return ["ros2", "bag", "play", bag, "--clock", "--rate", rate, "--delay", delay]


def _check(context: LaunchContext) -> None:
    """Refuse what cannot be before any process is there: launch would leave that one behind."""
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("replay.launch.py").warning(sentence)
    _command(context)
    given.check_rviz(context.launch_configurations)


def _start(context: LaunchContext) -> list[ExecuteProcess]:
    player = ExecuteProcess(
        cmd=_command(context),
        name="bag",
        output="screen",
        on_exit=TimerAction(
            period=LAST_ANSWERS, actions=[Shutdown(reason="the bag has been played")]
        ),
    )
    return [player]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when the bag has been played or RViz closed, all of it ends."""
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
