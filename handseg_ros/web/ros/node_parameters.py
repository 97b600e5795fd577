"""The parameters of a running node, asked for by its services and told as the page shows them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.parameter import Parameter

from handseg_ros.nodes.settings import SPECS
from handseg_ros.segmentation.model_store import model_names
from handseg_ros.web.errors import RequestError
from handseg_ros.web.live.source import LiveParameter, Value

# rclpy's own, and those of topics: set at start, or of no use here.
_NOT_SHOWN = ("qos_overrides.", "start_type_description_service", "use_sim_time")
_KINDS = {
    Parameter.Type.BOOL: "bool",
    Parameter.Type.INTEGER: "int",
    Parameter.Type.DOUBLE: "float",
    Parameter.Type.STRING: "str",
}
_CHOICES = {spec.name: list(spec.choices) for spec in SPECS}
_ORDER = {spec.name: place for place, spec in enumerate(SPECS)}


def shown_names(names: Sequence[str]) -> list[str]:
    """Return the parameters that the page shows, in the order of the node's own page."""
    shown = [name for name in names if not name.startswith(_NOT_SHOWN)]
    return sorted(shown, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))


def live_parameter(descriptor: ParameterDescriptor, parameter: Parameter) -> LiveParameter | None:
    """Return a parameter as the page shows it, or None for one of a kind that it cannot show."""
    kind = _KINDS.get(parameter.type_)
    if kind is None:
        return None
    ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
    is_model = parameter.name == "model"
    return LiveParameter.model_validate(
        {
            "name": parameter.name,
            "kind": kind,
            "value": parameter.value,
            "description": descriptor.description,
            "minimum": ranges[0].from_value if ranges else None,
            "maximum": ranges[0].to_value if ranges else None,
            "choices": model_names() if is_model else _CHOICES.get(parameter.name, []),
            "is_open": is_model,
            "is_read_only": descriptor.read_only,
        }
    )


def changed(parameter: LiveParameter, value: Value) -> Parameter:
    """Return a parameter with another value, of the type that it has.

    Raises RequestError (422) for a value of another type.
    """
    if parameter.kind == "float" and type(value) in (int, float):
        value = float(value)
    if type(value).__name__ != parameter.kind:
        raise RequestError(
            422, f"parameter {parameter.name} cannot be {value!r}: it is of type {parameter.kind}"
        )
    return Parameter(parameter.name, value=value)
