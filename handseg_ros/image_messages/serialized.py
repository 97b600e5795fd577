"""Serialized image messages as views: what is read of them, without a copy of their pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from handseg_ros.image_messages.cdr import CdrReader

Header = TypeVar("Header")


@dataclass(slots=True)
class SerializedImage:
    """The fields of a sensor_msgs/Image; `data` is a read-only view of the message's bytes."""

    header: Any
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: memoryview


@dataclass(slots=True)
class SerializedCompressedImage:
    """The fields of a sensor_msgs/CompressedImage; `data` is a view of the message's bytes."""

    header: Any
    format: str
    data: memoryview


def read_image(message: bytes, header: Any) -> SerializedImage:
    """Return what a serialized sensor_msgs/Image says; its header's fields go into `header`.

    Raises CdrError for bytes that are no such message.
    """
    reader = CdrReader(message, "an image message")
    return SerializedImage(
        header=_fill_header(reader, header),
        height=reader.number("I"),
        width=reader.number("I"),
        encoding=reader.text(),
        is_bigendian=reader.number("B"),
        step=reader.number("I"),
        data=reader.data(),
    )


def read_compressed_image(message: bytes, header: Any) -> SerializedCompressedImage:
    """Return what a serialized sensor_msgs/CompressedImage says; as `read_image`."""
    reader = CdrReader(message, "a compressed image message")
    filled = _fill_header(reader, header)
    return SerializedCompressedImage(header=filled, format=reader.text(), data=reader.data())


def _fill_header(reader: CdrReader, header: Header) -> Header:
    """Read a std_msgs/Header."""
    filled: Any = header
    filled.stamp.sec = reader.number("i")
    filled.stamp.nanosec = reader.number("I")
    filled.frame_id = reader.text()
    return header
