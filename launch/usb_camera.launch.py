"""A USB camera, the hand segmentation node, and RViz to look at the result.

The arguments of handseg.launch.py are taken too.
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, Shutdown
from launch.conditions import IfCondition
from launch.substitutions import EqualsSubstitution, LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchDescription

SHARE = Path(get_package_share_directory("handseg_ros"))
ARGUMENTS = (
    DeclareLaunchArgument(
        "namespace",
        default_value="",
        description="Namespace of the camera and of the node, their topics and services",
    ),
    DeclareLaunchArgument(
        "driver",
        default_value="handseg_ros",
        choices=["handseg_ros", "usb_cam"],
        description="What reads the camera: this package's image_source_node, or usb_cam",
    ),
    DeclareLaunchArgument(
        "video_device",
        default_value="/dev/video0",
        description="The camera's device (with driver handseg_ros also a video or a folder)",
    ),
    DeclareLaunchArgument(
        "frame_id",
        default_value="camera_optical_frame",
        description="Frame of the images: the camera's optical frame",
    ),
    DeclareLaunchArgument(
        "camera_info_url",
        default_value="",
        description="Calibration of the camera, file:// or package:// URL; empty: none",
    ),
    DeclareLaunchArgument(
        "rviz",
        default_value="true",
        choices=["true", "false"],
        description="Whether RViz shows the result",
    ),
)


def _is_driver(name: str) -> IfCondition:
    return IfCondition(EqualsSubstitution(LaunchConfiguration("driver"), name))


def _camera_parameters(device: str) -> dict[str, ParameterValue]:
    arguments = {
        device: "video_device",
        "frame_id": "frame_id",
        "camera_info_url": "camera_info_url",
    }
    return {
        parameter: ParameterValue(LaunchConfiguration(argument), value_type=str)
        for parameter, argument in arguments.items()
    }


def generate_launch_description() -> LaunchDescription:
    """Describe what is started; when the camera or RViz ends, all the rest does."""
    namespace = LaunchConfiguration("namespace")
    own_source = Node(
        condition=_is_driver("handseg_ros"),
        package="handseg_ros",
        executable="image_source_node",
        name="image_source",
        namespace=namespace,
        parameters=[_camera_parameters("source")],
        output="screen",
        on_exit=Shutdown(reason="the camera ended"),
    )
    usb_cam = Node(
        condition=_is_driver("usb_cam"),
        package="usb_cam",
        executable="usb_cam_node_exe",
        name="usb_cam",
        namespace=namespace,
        parameters=[_camera_parameters("video_device")],
        remappings=[("image_raw", "image"), ("image_raw/compressed", "image/compressed")],
        output="screen",
        on_exit=Shutdown(reason="the camera ended"),
    )
    rviz = Node(
        condition=IfCondition(LaunchConfiguration("rviz")),
        package="rviz2",
        executable="rviz2",
        name="rviz",
        arguments=["-d", str(SHARE / "config" / "handseg.rviz")],
        remappings=[
            (f"/hand_segmentation/{topic}", [namespace, f"/hand_segmentation/{topic}"])
            for topic in ("overlay", "mask", "instances", "points", "markers")
        ],
        on_exit=Shutdown(reason="RViz was closed"),
    )
    handseg = IncludeLaunchDescription(str(SHARE / "launch" / "handseg.launch.py"))
    return LaunchDescription([*ARGUMENTS, handseg, own_source, usb_cam, rviz])
