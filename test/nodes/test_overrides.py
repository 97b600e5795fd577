"""Guards overrides given at start: a bad one ends the process in words, a mistyped one is told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from support.assets import PICTURE
from support.node import start_node
from support.processes import running_process

from handseg_ros.nodes.overridable_publisher import create_overridable_publisher
from handseg_ros.nodes.parameters import ParameterError, ParameterSpec, declare, ignored_overrides

SOURCE_MODULE = "handseg_ros.nodes.image_source_node"
OUTPUT = "qos_overrides./ns/name/mask.publisher"


@contextmanager
def a_node(*overrides: str) -> Iterator[Node]:
    words = [word for override in overrides for word in ("-p", override)]
    context = rclpy.Context()
    context.init()
    node = rclpy.create_node(
        "name", namespace="ns", context=context, cli_args=["--ros-args", *words]
    )
    try:
        yield node
    finally:
        node.destroy_node()
        context.try_shutdown()


def output_of(node: Node) -> QoSProfile:
    create, profile = node.create_publisher, QoSProfile(depth=10)
    publisher = create_overridable_publisher(node, create, Image, "~/mask", profile)
    (info,) = node.get_publishers_info_by_topic(publisher.topic_name)
    return info.qos_profile


def test_an_override_is_taken() -> None:
    with a_node(f"{OUTPUT}.reliability:=best_effort", f"{OUTPUT}.history:=keep_all") as node:
        assert output_of(node).reliability == ReliabilityPolicy.BEST_EFFORT
        assert node.get_parameter(f"{OUTPUT}.history").value == "keep_all"
        assert ignored_overrides(node) == []


def test_depth_does_not_matter_where_all_is_kept() -> None:
    with a_node(f"{OUTPUT}.depth:=0", f"{OUTPUT}.history:=keep_all") as node:
        output_of(node)


@pytest.mark.filterwarnings("ignore:A zero depth")
@pytest.mark.parametrize(
    "override",
    [
        "reliability:=sometimes",
        "history:=keep_some",
        "depth:=ten",
        "depth:=5.0",
        "depth:=0",
        "depth:=-5",
        "depth:=true",
    ],
)
def test_a_bad_override_is_one_sentence(override: str) -> None:
    with a_node(f"{OUTPUT}.{override}") as node, pytest.raises(ParameterError) as raised:
        output_of(node)
    text = str(raised.value)
    assert text.startswith("the QoS override of /ns/name/mask cannot be used (")
    assert override.partition(":=")[2] in text.replace("True", "true")
    assert text.endswith("reliability (reliable or best_effort)")
    assert "\n" not in text


def test_what_is_ignored_but_seems_meant_is_told() -> None:
    overrides = ("thresholds:=0.5", "colour:=red", "qos_overrides./mask.publisher.depth:=5")
    others = ("qos_overrides./clock.subscription.depth:=5", f"{OUTPUT}.depth:=5")
    with a_node(*overrides, *others) as node:
        declare(node, [ParameterSpec("threshold", 0.5, "A threshold")])
        output_of(node)
        told = ignored_overrides(node)

    assert told == [
        "parameter qos_overrides./mask.publisher.depth has no effect: the node has no such topic "
        "or policy to override; its topics are named in full, as /hand_segmentation/mask",
        "parameter thresholds has no effect: the node knows none of this name, did you mean "
        "threshold?",
    ]


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("qos_overrides./image.publisher.reliability:=sometimes", "the QoS override of /image "),
        ("use_sim_time:=1", "a parameter cannot be used: Trying to set parameter 'use_sim_time'"),
    ],
)
def test_a_bad_override_ends_a_process_with_code_1(parameter: str, words: str) -> None:
    given = ["--ros-args", "-p", f"source:={PICTURE}", "-p", parameter]
    with running_process([sys.executable, "-m", SOURCE_MODULE, *given]) as process:
        assert process.wait() == 1
        assert words in process.output()
        assert "Traceback" not in process.output()


def test_a_mistyped_parameter_is_told_in_the_log() -> None:
    with start_node(
        "modle:=mine", "qos_overrides./hand_segmentation/mask.publisher.depth:=1"
    ) as node:
        assert "did you mean model?" in node.wait_for_output("has no effect")
        assert "qos_overrides" not in node.output()
