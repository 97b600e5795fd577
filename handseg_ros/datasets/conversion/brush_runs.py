"""Label Studio's runs of brush strokes, which are those of @thi.ng/rle-pack.

Format: https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack. Bits, the highest of a
byte first: 32 for the number of values, 5 for a value's bits less 1, four times 4 for the bits of a
length less 1. Then groups: 1 bit whether one value is repeated, 2 bits that choose among the four,
the length less 1, and one value or as many as the length says.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np


class _Bits:
    """Reads numbers of any count of bits; raises ValueError behind the end."""

    def __init__(self, data: bytes) -> None:
        self._bits, self._at = np.unpackbits(np.frombuffer(data, np.uint8)), 0

    def read(self, count: int) -> int:
        (number,) = self.read_many(1, count)
        return int(number)

    def read_many(self, numbers: int, count: int) -> np.ndarray:
        end = self._at + numbers * count
        if end > len(self._bits):
            raise ValueError("runs that are cut off")
        bits = self._bits[self._at : end].reshape(numbers, count)
        self._at = end
        return bits @ (np.int64(1) << np.arange(count - 1, -1, -1))


def brush_values(data: bytes, expected: int) -> np.ndarray:
    """Return the values, uint8 (N,); raises ValueError for what is damaged, or another number."""
    bits = _Bits(data)
    total, size = bits.read(32), bits.read(5) + 1
    lengths = [bits.read(4) + 1 for _ in range(4)]
    if total != expected or size > 8:
        raise ValueError("runs of another number of values")
    values = np.zeros(total, np.uint8)
    at = 0
    while at < total:
        is_repeated = bits.read(1)
        length = bits.read(lengths[bits.read(2)]) + 1
        if at + length > total:
            raise ValueError("runs of more values than they tell")
        values[at : at + length] = bits.read_many(1 if is_repeated else length, size)
        at += length
    return values
