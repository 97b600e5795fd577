"""Messages that are made as plain objects and sent as bytes, so that large fields are copied once.

What fields a message has is asked of its class, which rosidl made of its definition.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import numpy as np

from handseg_ros.image_messages.cdr import CdrWriter
from handseg_ros.image_messages.encode import as_bytes
from handseg_ros.nodes.outputs.ros_messages import message_class

# rosidl's names of types, and the codes of the module struct.
_NUMBERS = {
    "boolean": "?",
    "octet": "c",
    "uint8": "B",
    "int8": "b",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
    "float": "f",
    "double": "d",
}
_TEXT = re.compile(r"string(<\d+>)?")
_BYTES = re.compile(r"sequence<uint8(, \d+)?>")
_SEQUENCE = re.compile(r"sequence<(?P<kind>[^,]+?)(, \d+)?>")
_ARRAY = re.compile(r"(?P<kind>.+)\[(?P<length>\d+)\]")
_NO_MESSAGES = (_TEXT, _BYTES, _SEQUENCE, _ARRAY)

Write = Callable[[CdrWriter, Any], None]


class SerializedMessages:
    """Makes messages that `serialize` turns into bytes; a `MessageLibrary`."""

    def new(self, msgtype: str) -> Any:
        """Return a message of a type as sensor_msgs/msg/Image; raises ImportError without it."""
        return _new(msgtype)

    def data(self, values: np.ndarray) -> Any:
        """Return the bytes of an array as they are: they are copied when they are serialized."""
        return as_bytes(values)


def serialize(msgtype: str, message: Any) -> bytes:
    """Return the bytes of a message with the fields of its type: of this library, or of ROS.

    They are those that rclpy.serialization gives, with zeros for padding, where it leaves what lay
    in memory. Raises struct.error or OverflowError for a number out of range.
    """
    writer = CdrWriter()
    _message_writer(msgtype)(writer, message)
    return writer.message()


def _new(msgtype: str) -> SimpleNamespace:
    return SimpleNamespace(**{name: default() for name, default in _defaults(msgtype)})


@cache
def _fields(msgtype: str) -> tuple[tuple[str, str], ...]:
    found: Any = message_class(msgtype)
    return tuple(found.get_fields_and_field_types().items())


@cache
def _defaults(msgtype: str) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((name, _default(kind)) for name, kind in _fields(msgtype))


def _default(kind: str) -> Callable[[], Any]:
    if code := _NUMBERS.get(kind):
        value: Any = {"?": False, "c": b"\0", "f": 0.0, "d": 0.0}.get(code, 0)
        return lambda: value
    if _TEXT.fullmatch(kind):
        return str
    if _BYTES.fullmatch(kind):
        return bytes
    if _SEQUENCE.fullmatch(kind):
        return list
    if array := _ARRAY.fullmatch(kind):
        default, length = _default(array["kind"]), int(array["length"])
        return lambda: [default() for _ in range(length)]
    return lambda: _new(_msgtype(kind))


@cache
def _writers(msgtype: str) -> tuple[Write, ...]:
    """Return what writes a message, field by field; neighbouring numbers are written at once."""
    writers: list[Write] = []
    numbers: list[tuple[str, str]] = []
    for path, kind in _flat_fields(msgtype):
        if code := _NUMBERS.get(kind):
            numbers.append((path, code))
            continue
        if numbers:
            writers.append(_numbers_writer(numbers))
            numbers = []
        writers.append(_field_writer(path, _writer(kind)))
    return (*writers, _numbers_writer(numbers)) if numbers else tuple(writers)


def _flat_fields(msgtype: str, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield a message's fields and their types; one of a message in it is header.frame_id."""
    for name, kind in _fields(msgtype):
        if kind in _NUMBERS or any(pattern.fullmatch(kind) for pattern in _NO_MESSAGES):
            yield f"{within}{name}", kind
        else:
            yield from _flat_fields(_msgtype(kind), f"{within}{name}.")


def _numbers_writer(numbers: Sequence[tuple[str, str]]) -> Write:
    paths, codes = [path for path, _ in numbers], "".join(code for _, code in numbers)
    get: Callable[[Any], Any] = attrgetter(*paths)  # of several paths a tuple
    if len(paths) == 1:
        return lambda writer, message: writer.number(codes, get(message))
    return lambda writer, message: writer.numbers(codes, get(message))


def _field_writer(path: str, write: Write) -> Write:
    get = attrgetter(path)
    return lambda writer, message: write(writer, get(message))


def _writer(kind: str) -> Write:
    """Return what writes one value."""
    if code := _NUMBERS.get(kind):
        return lambda writer, value: writer.number(code, value)
    if _TEXT.fullmatch(kind):
        return CdrWriter.text
    if _BYTES.fullmatch(kind):
        return CdrWriter.data
    if sequence := _SEQUENCE.fullmatch(kind):
        return _sequence_writer(_writer(sequence["kind"]))
    if array := _ARRAY.fullmatch(kind):
        return _array_writer(_writer(array["kind"]))
    return _message_writer(_msgtype(kind))


def _message_writer(msgtype: str) -> Write:
    writers = _writers(msgtype)

    def write(writer: CdrWriter, message: Any) -> None:
        for write_part in writers:
            write_part(writer, message)

    return write


def _array_writer(write_item: Write) -> Write:
    def write(writer: CdrWriter, values: Any) -> None:
        for value in values:
            write_item(writer, value)

    return write


def _sequence_writer(write_item: Write) -> Write:
    write_items = _array_writer(write_item)

    def write(writer: CdrWriter, values: Any) -> None:
        writer.number("I", len(values))
        write_items(writer, values)

    return write


def _msgtype(kind: str) -> str:
    """Return sensor_msgs/msg/Image of rosidl's sensor_msgs/Image."""
    return kind.replace("/", "/msg/")
