"""The fields of a protobuf message, one after the other, without knowing its definition.

Of the wire format (protobuf.dev/programming-guides/encoding) all is read but groups, which no ONNX
file has.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5
_FIXED = {EIGHT_BYTES: 8, FOUR_BYTES: 4}
_LONGEST_VARINT = 10


class DamagedError(ValueError):
    """Bytes that are no protobuf message."""


def delimited_fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of every length-delimited field: messages, texts, bytes.

    Fields of other kinds are passed over. Raises DamagedError where the bytes cannot be followed.
    """
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        size = 0
        if kind == VARINT:
            _, position = _varint(data, position)
        elif kind == DELIMITED:
            size, position = _varint(data, position)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise DamagedError(f"a field of kind {kind}")
        if position + size > len(data):
            raise DamagedError("a field that ends behind the message")
        if kind == DELIMITED:
            yield number, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Return the number that starts at a position, and the position behind it."""
    value = 0
    for place, byte in enumerate(data[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, position + place + 1
    raise DamagedError("a number without an end")
