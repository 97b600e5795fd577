"""Guards the bytes that outputs are sent as: they are those that rclpy's own serializer gives."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from support.cases import cases

from handseg_ros.nodes.outputs.ros_messages import message_class
from handseg_ros.nodes.outputs.serialized_messages import SerializedMessages, serialize
from handseg_ros.outputs.table import LABEL_OUTPUTS, OUTPUTS

# Diagnostics have what no output has: octets.
DIAGNOSTICS = "diagnostic_msgs/msg/DiagnosticArray"
TYPES = sorted({DIAGNOSTICS, *(each.msgtype for each in (*OUTPUTS, *LABEL_OUTPUTS))})
INTEGERS = {
    "uint8": (0, 2**8 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**64 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
CASES = 25


def installed(msgtype: str) -> type:
    try:
        return message_class(msgtype)
    except ImportError:
        pytest.skip(f"{msgtype.partition('/')[0]} is not installed")


def value_of(draw: st.DrawFn, kind: str) -> Any:
    """Draw a value for a field of a message by rosidl's name of its type."""
    if kind in INTEGERS:
        return draw(st.integers(*INTEGERS[kind]))
    if kind in ("float", "double"):
        return draw(st.floats(width=32 if kind == "float" else 64, allow_nan=False))
    if kind == "octet":
        return draw(st.binary(min_size=1, max_size=1))
    if kind == "boolean":
        return draw(st.booleans())
    if kind.startswith("string"):
        return draw(TEXTS)
    if kind == "sequence<uint8>":
        return array.array("B", draw(st.binary(max_size=700)))
    if kind.startswith("sequence<"):
        inner = kind.removeprefix("sequence<").removesuffix(">")
        return [value_of(draw, inner) for _ in range(draw(st.integers(0, 3)))]
    if kind.endswith("]"):
        inner, _, length = kind.removesuffix("]").partition("[")
        return [value_of(draw, inner) for _ in range(int(length))]
    return filled(draw, message_class(kind.replace("/", "/msg/")))


def filled(draw: st.DrawFn, kind: Any) -> Any:
    """Draw a message of rclpy with a value in each field."""
    fields = kind.get_fields_and_field_types()
    return kind(**{name: value_of(draw, field) for name, field in fields.items()})


def check_bytes(msgtype: str, message: Any) -> None:
    """Compare the bytes of a message of rclpy; the padding is what memory held there, with it."""
    ours, theirs = serialize(msgtype, message), serialize_message(message)
    assert deserialize_message(ours, type(message)) == message
    assert len(ours) == len(theirs)
    assert not any(one for one, other in zip(ours, theirs, strict=True) if one != other)


@pytest.mark.parametrize("msgtype", TYPES)
def test_bytes_are_rclpy_s_own(msgtype: str) -> None:
    kind = installed(msgtype)

    @given(st.data())
    @cases(CASES)
    def compare(data: st.DataObject) -> None:
        message = data.draw(st.composite(lambda draw: filled(draw, kind))())
        check_bytes(msgtype, message)

    compare()


@pytest.mark.parametrize("msgtype", TYPES)
def test_a_new_message_is_as_empty_as_rclpy_s(msgtype: str) -> None:
    kind: Callable[[], Any] = installed(msgtype)
    check_bytes(msgtype, kind())
    assert serialize(msgtype, SerializedMessages().new(msgtype)) == serialize(msgtype, kind())


def test_messages_share_nothing() -> None:
    library = SerializedMessages()
    one, other = (library.new("sensor_msgs/msg/PointCloud2") for _ in range(2))
    one.header.frame_id = "camera"
    one.fields.append(library.new("sensor_msgs/msg/PointField"))
    assert (other.header.frame_id, other.fields) == ("", [])


def test_bytes_of_arrays_of_any_kind() -> None:
    library = SerializedMessages()
    columns = np.arange(12, dtype=np.uint16).reshape(3, 4)[:, ::2]
    points = np.zeros(2, [("x", "<f4"), ("id", "u1")])
    for values in (columns, points, points[:0]):
        assert bytes(library.data(values)) == values.tobytes()


def test_a_number_out_of_range_is_refused() -> None:
    message = SerializedMessages().new("sensor_msgs/msg/Image")
    message.height = -1
    with pytest.raises(struct.error):
        serialize("sensor_msgs/msg/Image", message)
