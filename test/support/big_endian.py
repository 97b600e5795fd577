"""Messages as a machine of the other byte order writes them, which no wheel here is for."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct

from sensor_msgs.msg import Image


def big_endian(message: Image) -> bytes:
    """Return an image's bytes as a machine of the other byte order writes them, by hand."""
    out = bytearray()

    def number(code: str, value: int) -> None:
        size = struct.calcsize(code)
        out.extend(bytes(-len(out) % size) + struct.pack(">" + code, value))

    def text(value: str) -> None:
        encoded = value.encode() + b"\0"
        number("I", len(encoded))
        out.extend(encoded)

    number("i", message.header.stamp.sec)
    number("I", message.header.stamp.nanosec)
    text(message.header.frame_id)
    number("I", message.height)
    number("I", message.width)
    text(message.encoding)
    number("B", message.is_bigendian)
    number("I", message.step)
    number("I", len(message.data))
    return bytes((0, 0, 0, 0)) + bytes(out) + bytes(message.data)
