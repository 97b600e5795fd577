"""The hand segmentation node alone, on the images of a camera that runs already."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import (
    EnvironmentVariable,
    LaunchConfiguration,
    NotEqualsSubstitution,
)
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from launch import LaunchContext, LaunchDescription

CONFIG = Path(get_package_share_directory("handseg_ros"), "config")
ARGUMENTS = (
    DeclareLaunchArgument(
        "namespace",
        default_value="",
        description="Namespace of the node, its topics and its services",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value=str(CONFIG / "hand_segmentation.yaml"),
        description="YAML file with the node's parameters",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="",
        choices=["", "true", "false"],
        description="Whether time comes from /clock, as with a simulator or a bag; empty: as in "
        "params_file",
    ),
    DeclareLaunchArgument(
        "model",
        default_value="",
        description="A model's name, or the path of an ONNX file; empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "image",
        default_value="image",
        description="Topic of the images; of compressed ones, the name without /compressed",
    ),
    DeclareLaunchArgument(
        "depth",
        default_value="",
        description="Topic of the depth that is aligned to the images, turns the parameter depth "
        "on; empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "camera_info",
        default_value="camera_info",
        description="Topic of the images' calibration, which depth needs",
    ),
    DeclareLaunchArgument(
        "overlay_mode",
        default_value="",
        choices=["", "none", "mask", "contour", "instances"],
        description="How the overlay draws the hands; empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "dds_profile",
        default_value=str(CONFIG / "fastdds.xml"),
        description="Profile of Fast DDS for all that is started, unless the environment names "
        "one; the default sends large images through shared memory; empty: none",
    ),
)
PROFILES_FILE = "FASTDDS_DEFAULT_PROFILES_FILE"


def _node(context: LaunchContext) -> list[Node]:
    given = {
        name: context.perform_substitution(LaunchConfiguration(name))
        for name in ("model", "overlay_mode")
    }
    # an empty argument must not hide what the file says
    overrides = {
        name: ParameterValue(value, value_type=str) for name, value in given.items() if value
    }
    if context.perform_substitution(LaunchConfiguration("use_sim_time")):
        overrides["use_sim_time"] = ParameterValue(
            LaunchConfiguration("use_sim_time"), value_type=bool
        )
    depth = context.perform_substitution(LaunchConfiguration("depth"))
    if depth:
        overrides["depth"] = True
    node = Node(
        package="handseg_ros",
        executable="hand_segmentation_node",
        name="hand_segmentation",
        namespace=LaunchConfiguration("namespace"),
        parameters=[
            ParameterFile(LaunchConfiguration("params_file")),
            overrides,
        ],
        remappings=[
            ("image", LaunchConfiguration("image")),
            ("camera_info", LaunchConfiguration("camera_info")),
            ("depth", depth or "depth"),
        ],
        output="screen",
    )
    return [node]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started."""
    profile = LaunchConfiguration("dds_profile")
    use_profile = SetEnvironmentVariable(
        PROFILES_FILE,
        EnvironmentVariable(PROFILES_FILE, default_value=[profile]),
        condition=IfCondition(NotEqualsSubstitution(profile, "")),
    )
    return LaunchDescription([*ARGUMENTS, use_profile, OpaqueFunction(function=_node)])
