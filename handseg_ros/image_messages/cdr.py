"""CDR, the bytes in which ROS 2 sends messages: read and written without copies of large fields.

The format is the plain CDR of DDSI-RTPS 2.5, 10.2 (an encapsulation header of four bytes, the
second of which tells the byte order) with the alignment of DDS-XTypes 1.3, 7.4.1 (encoding version
1: a number lies at a multiple of its size, counted from behind that header).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from handseg_ros.segmentation.errors import ImageError

_HEADER = 4
_BIG, _LITTLE = 0, 1
_LITTLE_ENDIAN_HEADER = bytes((0, _LITTLE, 0, 0))
_SIZES = {code: struct.calcsize(f"<{code}") for code in "?cbBhHiIqQfd"}
_LARGEST = 8
# A sequence of values shorter than this is copied into the bytes around it.
_SHORT = 256


class CdrError(ImageError):
    """The bytes of a message are none, or end before its fields do."""


class CdrReader:
    """Reads the fields of a message in their order; each is checked against the bytes there are.

    `what` names the message in errors. All methods raise CdrError.
    """

    def __init__(self, message: bytes, what: str) -> None:
        self._data = memoryview(message)
        self._what = what
        self._at = _HEADER
        if len(self._data) < _HEADER:
            raise self._damaged(f"it has {len(self._data)} bytes")
        if self._data[0] != 0 or self._data[1] not in (_BIG, _LITTLE):
            raise self._damaged(
                f"it begins with {bytes(self._data[:2]).hex()}, not with 0000 or 0001"
            )
        self._order = "<" if self._data[1] == _LITTLE else ">"

    def number(self, code: str) -> Any:
        """Return a number, `code` as for the module struct: I is uint32, d is float64."""
        size = _SIZES[code]
        begin = self._at + (_HEADER - self._at) % size
        return struct.unpack(self._order + code, self._take(begin, size))[0]

    def text(self) -> str:
        """Return a string, up to its first zero; what is no UTF-8 is replaced, as rclpy does."""
        data = bytes(self._sequence())
        return data.partition(b"\0")[0].decode("utf-8", "replace")

    def data(self) -> memoryview:
        """Return a sequence of uint8 as a view of the message's bytes."""
        return self._sequence()

    def _sequence(self) -> memoryview:
        length = int(self.number("I"))
        return self._take(self._at, length)

    def _take(self, begin: int, size: int) -> memoryview:
        if begin + size > len(self._data):
            raise self._damaged(f"it ends after {len(self._data)} bytes, {begin + size} were meant")
        self._at = begin + size
        return self._data[begin : self._at]

    def _damaged(self, cause: str) -> CdrError:
        return CdrError(
            f"the bytes of {self._what} are damaged, {cause}: check the publisher, and that it has "
            "the same message definition"
        )


@cache
def _aligned(codes: str, at: int) -> struct.Struct:
    """Return the layout of numbers from a place on, each at a multiple of its size."""
    layout, place = "<", at
    for code in codes:
        padding = -place % _SIZES[code]
        layout += "x" * padding + code
        place += padding + _SIZES[code]
    return struct.Struct(layout)


class CdrWriter:
    """Writes the fields of a message in their order, in little-endian bytes."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._small = bytearray(_LITTLE_ENDIAN_HEADER)
        self._flushed = 0

    def number(self, code: str, value: float | bytes) -> None:
        """Write a number, `code` as for the module struct; raises as `numbers` does."""
        self.numbers(code, (value,))

    def numbers(self, codes: str, values: Sequence[float | bytes]) -> None:
        """Write one number after the other, a code for each.

        Raises struct.error for one out of range, OverflowError for a float.
        """
        at = self._flushed + len(self._small) - _HEADER
        self._small += _aligned(codes, at % _LARGEST).pack(*values)

    def text(self, value: str) -> None:
        """Write a string."""
        encoded = value.encode("utf-8", "surrogatepass") + b"\0"
        self.number("I", len(encoded))
        self._small += encoded

    def data(self, values: Any) -> None:
        """Write a sequence of uint8: whatever has the buffer protocol and lies row by row."""
        view = memoryview(values)
        self.number("I", view.nbytes)
        if view.nbytes < _SHORT:
            self._small += bytes(view)
            return
        self._flushed += len(self._small) + view.nbytes
        self._chunks += (bytes(self._small), values)
        self._small.clear()

    def message(self) -> bytes:
        """Return the bytes of all that was written: the one place where large fields are copied."""
        return b"".join((*self._chunks, self._small))
