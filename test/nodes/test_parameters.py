"""Guards that parameters are described, checked and refused with a reason."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from handseg_ros.nodes.parameters import (
    ParameterError,
    ParameterSpec,
    declare,
    parameter,
    specs_of,
    values,
)

RATE = ParameterSpec("rate", 5.0, "How often", minimum=0.0, maximum=100.0, unit="hertz")
MODE = ParameterSpec("mode", "fast", "Which way", choices=("fast", "slow", "still"))
COUNT = ParameterSpec("count", 3, "How many", minimum=1, maximum=9)
SOURCE = ParameterSpec("source", "0", "From where", read_only=True, also_number=True)
LOOP = ParameterSpec("loop", False, "Whether again")
SPECS = (RATE, MODE, COUNT, SOURCE, LOOP)


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    made = rclpy.Context()
    made.init()
    yield made
    made.try_shutdown()


def make_node(context: rclpy.Context, **overrides: object) -> Node:
    given = [Parameter(name, value=value) for name, value in overrides.items()]
    node = rclpy.create_node("tried", context=context, parameter_overrides=given)
    declare(node, SPECS)
    return node


def test_defaults_and_overrides_in_the_right_type(context: rclpy.Context) -> None:
    node = make_node(context, rate=7, source=2)

    read = values(node, SPECS)

    assert read == {"rate": 7.0, "mode": "fast", "count": 3, "source": "2", "loop": False}
    assert type(read["rate"]) is float


def test_descriptors_tell_everything(context: rclpy.Context) -> None:
    node = make_node(context)

    rate = node.describe_parameter("rate")
    assert rate.description == "How often"
    assert rate.additional_constraints == "takes a number from 0 to 100 (hertz)"
    assert (rate.floating_point_range[0].from_value, rate.floating_point_range[0].to_value) == (
        0.0,
        100.0,
    )
    count = node.describe_parameter("count")
    assert (count.integer_range[0].from_value, count.integer_range[0].to_value) == (1, 9)
    assert node.describe_parameter("mode").additional_constraints == "takes fast, slow or still"
    assert node.describe_parameter("source").read_only
    assert not node.describe_parameter("loop").read_only


BAD = [
    ("rate", 101, "parameter rate cannot be 101: it takes a number from 0 to 100 (hertz)"),
    ("rate", "x", "parameter rate cannot be 'x': it takes a number from 0 to 100 (hertz)"),
    ("rate", True, "parameter rate cannot be True"),
    ("mode", "quick", "parameter mode cannot be 'quick': it takes fast, slow or still"),
    ("mode", 5, "parameter mode cannot be 5"),
    ("count", 2.0, "parameter count cannot be 2.0: it takes a whole number from 1 to 9"),
    ("loop", 1, "parameter loop cannot be 1: it takes true or false"),
]


@pytest.mark.parametrize(("name", "value", "reason"), BAD)
def test_bad_change_is_refused(
    name: str, value: object, reason: str, context: rclpy.Context
) -> None:
    node = make_node(context)

    (result,) = node.set_parameters([Parameter(name, value=value)])

    assert not result.successful
    assert result.reason.startswith(reason)
    assert values(node, SPECS)[name] == {spec.name: spec.default for spec in SPECS}[name]


@pytest.mark.parametrize(
    ("name", "value"), [("rate", 100.5), ("rate", float("nan")), ("count", 10), ("count", 0)]
)
def test_number_out_of_range_is_refused(name: str, value: float, context: rclpy.Context) -> None:
    node = make_node(context)

    (result,) = node.set_parameters([Parameter(name, value=value)])

    assert not result.successful
    assert name in result.reason
    assert str(value) in result.reason


def test_read_only_is_refused(context: rclpy.Context) -> None:
    (result,) = make_node(context).set_parameters([Parameter("source", value="1")])

    assert not result.successful
    assert "read-only parameter: source" in result.reason


@pytest.mark.parametrize(
    ("name", "value", "reason"), [*BAD, ("rate", -1.0, "parameter rate cannot be -1.0: it takes")]
)
def test_bad_override_is_an_error(
    name: str, value: object, reason: str, context: rclpy.Context
) -> None:
    with pytest.raises(ParameterError) as caught:
        make_node(context, **{name: value})

    assert str(caught.value).startswith(reason)


def test_good_change_takes_effect(context: rclpy.Context) -> None:
    node = make_node(context)

    results = node.set_parameters([Parameter("rate", value=9), Parameter("mode", value="slow")])

    assert all(result.successful for result in results)
    assert (values(node, SPECS)["rate"], values(node, SPECS)["mode"]) == (9.0, "slow")


@pytest.mark.parametrize(
    "given",
    [
        {"default": 5.0, "minimum": 0.0},
        {"default": 5.0, "minimum": 6.0, "maximum": 7.0},
        {"default": "a", "choices": ("b", "c")},
    ],
)
def test_contradictory_specification_is_an_error(given: dict) -> None:
    with pytest.raises(ValueError, match=r"odd (needs both ends|cannot be)"):
        ParameterSpec("odd", description="", **given)


@dataclass(frozen=True)
class Stated:
    """Parameters as fields."""

    rate: float = parameter(5.0, "How often", minimum=0.0, maximum=100.0, unit="hertz")
    mode: str = parameter("fast", "Which way", choices=("fast", "slow", "still"))
    count: int = parameter(3, "How many", minimum=1, maximum=9)
    source: str = parameter("0", "From where", read_only=True, also_number=True)
    loop: bool = parameter(False, "Whether again")


def test_a_parameter_stated_as_a_field_has_its_specification_and_its_value() -> None:
    assert specs_of(Stated) == SPECS
    assert Stated(count=4) == Stated(5.0, "fast", 4, "0", False)
