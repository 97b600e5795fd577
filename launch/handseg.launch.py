"""The hand segmentation node alone, on the images of a camera that runs already."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from handseg_ros.nodes import launch_arguments as given
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

CONFIG = Path(get_package_share_directory("handseg_ros"), "config")
ARGUMENTS = (
    DeclareLaunchArgument(
        "namespace",
        default_value="",
        description="Namespace of the node, its topics and its services",
    ),
    DeclareLaunchArgument(
        "node_name",
        default_value="hand_segmentation",
        description="Name of the node, so that several can share a namespace",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value=str(CONFIG / "hand_segmentation.yaml"),
        description="YAML file with the node's parameters",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="",
        description="true or false: whether time comes from /clock, as with a simulator or a bag; "
        "empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "model",
        default_value="",
        description="A model's name, or the path of an ONNX file; empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "cameras",
        default_value="",
        description="Names of several cameras that share the node, as left,right, whose topics "
        "are below their names (left/image); empty: as in params_file",
    ),
    DeclareLaunchArgument(
        "image",
        default_value="image",
        description="Topic of the images; of compressed ones, the name without /compressed",
    ),
    DeclareLaunchArgument(
        "image_transport",
        default_value="",
        choices=["", "raw", "compressed"],
        description="How the images come; empty: as in params_file",
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
        "one; the default sends large images through shared memory; none: as it comes",
    ),
)
TOPICS = {"image": "image", "camera_info": "camera_info", "depth": ""}
PROFILES_FILE = "FASTDDS_DEFAULT_PROFILES_FILE"


def _start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    for sentence in given.mistyped((argument.name for argument in ARGUMENTS), sys.argv):
        get_logger("handseg.launch.py").warning(sentence)
    values = {
        argument.name: LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
    }
    given.check_cameras(values, TOPICS)
    namespace, name = given.namespace(values["namespace"]), values["node_name"]
    file = given.parameters_file(values["params_file"])
    full_name = given.full_name(namespace, name)
    if strangers := given.unmet_sections(file, full_name):
        get_logger("handseg.launch.py").warning(
            f"{file} sets nothing for {full_name}, which has its defaults: it has parameters of "
            f"{', '.join(strangers)}; write '/**:' for a node of any name"
        )
    # with its type, as launch_ros would read a text as YAML: a model named 1 is no number
    parameters = {
        key: ParameterValue(value, value_type=type(value))
        for key, value in given.node_parameters(values).items()
    }
    node = Node(
        package="handseg_ros",
        executable="hand_segmentation_node",
        name=name,
        namespace=namespace,
        parameters=[ParameterFile(file), parameters],
        remappings=[
            ("image", values["image"]),
            ("camera_info", values["camera_info"]),
            ("depth", values["depth"] or "depth"),
        ],
        output="screen",
    )
    profile = given.profile(values["dds_profile"])
    if not profile or os.environ.get(PROFILES_FILE):
        return [node]
    return [SetEnvironmentVariable(PROFILES_FILE, profile), node]


def generate_launch_description() -> LaunchDescription:
    """Describe what is started."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=_start)])
