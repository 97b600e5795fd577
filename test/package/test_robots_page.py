"""Guards the page on robots: links, parameters, topics and fields are those of the code."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
import re
import sys
import time
from pathlib import Path

import pytest
from geometry_msgs.msg import TransformStamped
from grasp_filter import SPECS
from handseg_ros.msg import HandInstance, HandInstances
from support.checkout import ROOT
from support.processes import running_process
from support.robot import Robot, a_robot

from handseg_ros.outputs.table import OUTPUTS

PAGE = (ROOT / "docs" / "robots.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_parameters_are_the_example_s() -> None:
    told = re.findall(r"^\| `(\w+)` \| `([\d.]+)` \| (.*) \|$", PAGE, re.M)
    assert told == [(spec.name, str(spec.default), spec.description) for spec in SPECS]


def test_topics_are_the_node_s_or_the_example_s() -> None:
    topics = {output.topic for output in OUTPUTS} | {"~/safe"}
    named = set(re.findall(r"`(~/[\w/]+)`", PAGE))
    assert len(named) > 4
    assert named <= topics


def test_fields_are_the_messages() -> None:
    fields = {
        *HandInstance.get_fields_and_field_types(),
        *HandInstances.get_fields_and_field_types(),
    }
    named = {
        name
        for name in re.findall(r"`(\w+)`", PAGE)
        if name.startswith(("position", "extent", "side", "track", "touched", "input_", "sequence"))
    }
    assert len(named) > 6
    assert named <= fields


def example_of_transforms() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    return code


def test_code_is_python_that_imports_the_messages() -> None:
    tree = ast.parse(example_of_transforms())
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert "handseg_ros.msg" in {node.module for node in imported}


def test_no_callback_waits_for_a_transform() -> None:
    """While a callback waits under `rclpy.spin`, nothing reaches the listener."""
    calls = [node for node in ast.walk(ast.parse(example_of_transforms()))
             if isinstance(node, ast.Call)]  # fmt: skip
    lookups = [call for call in calls if "transform" in ast.unparse(call.func)]
    assert lookups
    for call in lookups:
        assert not any(keyword.arg == "timeout" for keyword in call.keywords), ast.unparse(call)


def hands_at(robot: Robot, frame: str) -> HandInstances:
    hand = HandInstance(track_id=7, position_valid=True)
    hand.position.x, hand.position.y, hand.position.z = 0.1, 0.2, 0.5
    message = HandInstances(hands=[hand])
    message.header.frame_id = frame
    message.header.stamp = robot.node.get_clock().now().to_msg()
    return message


def test_a_transform_that_comes_after_its_hands_places_them(tmp_path: Path) -> None:
    tf2_ros = pytest.importorskip("tf2_ros", reason="comes with ROS, or with its sources")
    script = tmp_path / "hands_in_base.py"
    script.write_text(example_of_transforms())

    with a_robot() as robot, running_process([sys.executable, script]) as process:
        hands = robot.node.create_publisher(HandInstances, "/hand_segmentation/hands", 10)
        broadcaster = tf2_ros.TransformBroadcaster(robot.node)
        assert robot.wait_for(hands.get_subscription_count), process.output()
        assert robot.wait_for(broadcaster.pub_tf.get_subscription_count), process.output()

        hands.publish(hands_at(robot, "nowhere"))
        process.wait_for_output("hands have no place")

        message = hands_at(robot, "camera_optical_frame")
        hands.publish(message)
        time.sleep(0.1)
        transform = TransformStamped(header=message.header, child_frame_id="camera_optical_frame")
        transform.header.frame_id = "base_link"
        # the page's own: 0.6 m before the base, 0.8 m above it, straight down
        transform.transform.translation.x, transform.transform.translation.z = 0.6, 0.8
        transform.transform.rotation.x, transform.transform.rotation.w = 1.0, 0.0
        broadcaster.sendTransform(transform)
        output = process.wait_for_output("hand 7: ")

    assert "hand 7: 0.700 -0.200 0.300" in output


def test_arguments_of_the_launch_file_are_its_own() -> None:
    files = (ROOT / "examples" / "grasp_filter.launch.py", ROOT / "launch" / "handseg.launch.py")
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    declared = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', source))
    (command,) = re.findall(r"grasp_filter\.launch\.py (bag.*?)```", PAGE, re.S)
    given = set(re.findall(r"(\w+):=", command))
    assert given
    assert given <= declared
