"""A recorded bag played back, the hand segmentation node, and RViz to look at the result.

The arguments of handseg.launch.py are taken too; time comes from the bag.
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    Shutdown,
    TimerAction,
)
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchDescription

SHARE = Path(get_package_share_directory("handseg_ros"))
# How long the last answers may take to come out, in seconds.
LAST_ANSWERS = 2.0
ARGUMENTS = (
    DeclareLaunchArgument("bag", description="The bag: its folder, or its one file"),
    DeclareLaunchArgument(
        "namespace",
        default_value="",
        description="Namespace of the node, its topics and its services",
    ),
    DeclareLaunchArgument(
        "rate", default_value="1.0", description="How fast to play: 0.5 is half as fast as life"
    ),
    DeclareLaunchArgument(
        "delay",
        default_value="3.0",
        description="Seconds before the first message, for the node and RViz to be there",
    ),
    DeclareLaunchArgument(
        "rviz",
        default_value="true",
        choices=["true", "false"],
        description="Whether RViz shows the result",
    ),
)


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when the bag has been played or RViz closed, all of it ends."""
    namespace = LaunchConfiguration("namespace")
    player = ExecuteProcess(
        cmd=[
            *("ros2", "bag", "play", LaunchConfiguration("bag"), "--clock"),
            *("--rate", LaunchConfiguration("rate"), "--delay", LaunchConfiguration("delay")),
        ],
        name="bag",
        output="screen",
        on_exit=TimerAction(
            period=LAST_ANSWERS, actions=[Shutdown(reason="the bag has been played")]
        ),
    )
    rviz = Node(
        condition=IfCondition(LaunchConfiguration("rviz")),
        package="rviz2",
        executable="rviz2",
        name="rviz",
        arguments=["-d", str(SHARE / "config" / "handseg.rviz")],
        parameters=[{"use_sim_time": True}],
        remappings=[
            (f"/hand_segmentation/{topic}", [namespace, f"/hand_segmentation/{topic}"])
            for topic in ("overlay", "mask", "instances", "points", "markers")
        ],
        on_exit=Shutdown(reason="RViz was closed"),
    )
    handseg = IncludeLaunchDescription(
        str(SHARE / "launch" / "handseg.launch.py"),
        launch_arguments={"use_sim_time": "true"}.items(),
    )
    return LaunchDescription([*ARGUMENTS, handseg, player, rviz])
