"""Grasp candidates kept clear of hands: an RGB-D scene, the hand segmentation node, the filter.

The scene is a rendered one that comes with the package, or a recorded bag. A stand-in for a grasp
planner publishes the candidates. The arguments of handseg.launch.py are taken too.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.substitutions import EqualsSubstitution, LaunchConfiguration, NotEqualsSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchDescription

SHARE = Path(get_package_share_directory("handseg_ros"))
TOPICS = ("image", "depth", "camera_info")
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
    DeclareLaunchArgument("image", default_value="image", description="Topic of the colour images"),
    DeclareLaunchArgument(
        "depth", default_value="depth", description="Topic of the depth, aligned to the images"
    ),
    DeclareLaunchArgument(
        "camera_info", default_value="camera_info", description="Topic of the images' calibration"
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


def _example(program: str, *parameters: str) -> ExecuteProcess:
    given = [("-p", [f"{name}:=", LaunchConfiguration(name)]) for name in parameters]
    topic = ("-r", ["camera_info:=", LaunchConfiguration("camera_info")])
    return ExecuteProcess(
        cmd=[
            *(sys.executable, str(SHARE / "examples" / f"{program}.py"), "--ros-args"),
            *(word for pair in (*given, topic) for word in pair),
        ],
        name=program,
        output="screen",
    )


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; all of it runs until Ctrl-C."""
    scene, bag = LaunchConfiguration("scene"), LaunchConfiguration("bag")
    source = Node(
        condition=IfCondition(EqualsSubstitution(bag, "")),
        package="handseg_ros",
        executable="image_source_node",
        name="image_source",
        parameters=[
            {
                "source": ParameterValue([scene, "/images"], value_type=str),
                "depth": ParameterValue([scene, "/depth"], value_type=str),
                "camera_info_url": ParameterValue([scene, "/camera.yaml"], value_type=str),
                "frame_id": ParameterValue(LaunchConfiguration("frame_id"), value_type=str),
                "rate": 5.0,
                "loop": True,
            }
        ],
        remappings=[(topic, LaunchConfiguration(topic)) for topic in TOPICS],
        output="screen",
    )
    player = ExecuteProcess(
        condition=IfCondition(NotEqualsSubstitution(bag, "")),
        cmd=["ros2", "bag", "play", bag, "--clock", "200", "--loop"],
        name="bag",
        output="screen",
    )
    handseg = IncludeLaunchDescription(
        str(SHARE / "launch" / "handseg.launch.py"),
        launch_arguments={
            **{topic: LaunchConfiguration(topic) for topic in TOPICS},
            # a bag's images are as old as the bag, by any other clock than its own
            "use_sim_time": NotEqualsSubstitution(bag, ""),
        }.items(),
    )
    candidates = _example("grasp_candidates", "frame_id")
    grasp_filter = _example("grasp_filter", "clearance", "max_age")
    return LaunchDescription([*ARGUMENTS, source, player, handseg, candidates, grasp_filter])
