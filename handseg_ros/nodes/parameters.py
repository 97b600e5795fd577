"""Parameters of nodes as data: declared, checked and documented from one specification."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from handseg_ros.segmentation.errors import HandsegError

Value = bool | int | float | str
Default = TypeVar("Default", bool, int, float, str)
# rclpy's own topics, whose overrides it looks at when it likes.
_ROS_TOPICS = ("/clock", "/parameter_events", "/rosout")
TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


class ParameterError(HandsegError):
    """A parameter was given a value that it cannot take."""


@dataclass(frozen=True)
class ParameterSpec:
    """What a parameter is: its type is its default's, and it takes only what stands here.

    `minimum` and `maximum` (inclusive, given together) bound a number, `choices` lists the only
    texts allowed. A number with a fraction (float) is also taken without one, as `5` for `5.0`;
    `also_number` lets a text be given as a whole number, as `0` for "0". `unit` is empty where
    there is none. `read_only` means: set at start, a later change cannot take effect.
    """

    name: str
    default: Value
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False
    unit: str = ""
    also_number: bool = False

    def __post_init__(self) -> None:
        if (self.minimum is None) != (self.maximum is None):
            raise ValueError(f"{self.name} needs both ends of its range, or neither")
        if reason := self.refusal(self.default):
            raise ValueError(f"the default is not allowed: {reason}")

    @property
    def types(self) -> tuple[type, ...]:
        """Return the types a value may have, the default's own first."""
        if isinstance(self.default, float):
            return (float, int)
        return (str, int) if self.also_number else (type(self.default),)

    @property
    def allowed(self) -> str:
        """Return what the parameter takes, in words: for messages and documentation."""
        if self.choices:
            return " or ".join(", ".join(self.choices).rsplit(", ", 1))
        words = TYPE_NAMES[type(self.default)]
        if self.minimum is not None:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        return f"{words} ({self.unit})" if self.unit else words

    def refusal(self, value: object) -> str:
        """Return why `value` is refused, naming parameter, value and what is allowed, or ''."""
        if self._takes(value):
            return ""
        return f"parameter {self.name} cannot be {value!r}: it takes {self.allowed}"

    def normalise(self, value: Any) -> Value:
        """Return an allowed value in the default's own type."""
        normalised: Value = type(self.default)(value)
        return normalised

    def _takes(self, value: object) -> bool:
        # bool is an int to Python, but true is no number to a user
        if type(value) not in self.types:
            return False
        if self.choices:
            return value in self.choices
        if not isinstance(value, int | float):
            return True
        if not math.isfinite(value):
            return False
        if self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum


def parameter(
    default: Default,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
    unit: str = "",
    also_number: bool = False,
) -> Default:
    """Return a field of a dataclass that is a node's parameter; its name is the parameter's.

    All else is as in `ParameterSpec`. So a parameter is stated once, and `specs_of` has the rest.
    """
    metadata = {
        "description": description,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "read_only": read_only,
        "unit": unit,
        "also_number": also_number,
    }
    stated: Default = field(default=default, metadata=metadata)
    return stated


def specs_of(settings: type) -> tuple[ParameterSpec, ...]:
    """Return the specifications of a dataclass whose fields are made by `parameter`, in order."""
    stated: Iterable[Any] = fields(settings)
    return tuple(ParameterSpec(each.name, each.default, **each.metadata) for each in stated)


def declare(node: Node, specs: Sequence[ParameterSpec]) -> None:
    """Declare the parameters on the node and refuse bad values from now on.

    Values come from the node's overrides (command line, parameter files, launch files), else from
    the defaults. Raises ParameterError for an override that is not allowed; a later change that is
    not allowed is refused with a reason.
    """
    by_name = {spec.name: spec for spec in specs}
    refused: list[str] = []

    def check(parameters: Iterable[Parameter]) -> SetParametersResult:
        reasons = [
            by_name[parameter.name].refusal(parameter.value)
            for parameter in parameters
            if parameter.name in by_name
        ]
        refused[:] = [reason for reason in reasons if reason]
        return SetParametersResult(successful=not refused, reason="; ".join(refused))

    any_type = ParameterDescriptor(dynamic_typing=True)
    node.add_on_set_parameters_callback(check)
    for spec in specs:
        try:
            node.declare_parameter(spec.name, spec.default, any_type)
        except InvalidParameterValueException as error:
            raise ParameterError("; ".join(refused) or str(error)) from error
        # the range is told afterwards: rclpy would check it first and say less than `check` does
        node.set_descriptor(spec.name, _descriptor(spec))


def values(node: Node, specs: Sequence[ParameterSpec]) -> dict[str, Any]:
    """Return the parameters' current values by name, each in its default's own type."""
    return {spec.name: spec.normalise(node.get_parameter(spec.name).value) for spec in specs}


def is_refused(specs: Sequence[ParameterSpec], values: Mapping[str, Any]) -> bool:
    """Return whether any of these values, by parameter name, is not allowed."""
    return any(spec.name in values and spec.refusal(values[spec.name]) for spec in specs)


def ignored_overrides(node: Node) -> list[str]:
    """Return a sentence for each override given at start that names nothing but seems to be meant.

    ROS ignores what a node does not declare, because a file may be of several nodes. So only names
    much like a parameter of this node, and overrides of QoS, are told.
    """
    declared = [name for name in node._parameters if not name.startswith("qos_overrides.")]
    sentences = []
    for name in sorted(set(node._parameter_overrides) - set(node._parameters)):
        start = f"parameter {name} has no effect: "
        topic, _, _ = name.removeprefix("qos_overrides.").partition(".")
        if name.startswith("qos_overrides.") and topic not in _ROS_TOPICS:
            sentences.append(
                f"{start}the node has no such topic or policy to override; its topics are named in "
                "full, as /hand_segmentation/mask"
            )
        elif near := difflib.get_close_matches(name, declared, n=1, cutoff=0.75):
            sentences.append(f"{start}the node knows none of this name, did you mean {near[0]}?")
    return sentences


def _descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=spec.description,
        read_only=spec.read_only,
        # rclpy knows one exact type, or any: `check` takes 5 for 5.0 and names what it refuses
        dynamic_typing=True,
        additional_constraints=f"takes {spec.allowed}",
    )
    if spec.minimum is None or spec.maximum is None:
        return descriptor
    if isinstance(spec.default, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(spec.minimum), to_value=float(spec.maximum))
        ]
    else:
        descriptor.integer_range = [
            IntegerRange(from_value=int(spec.minimum), to_value=int(spec.maximum))
        ]
    return descriptor
