"""TensorBoard's event files: scalars and pictures, written without TensorBoard.

A file is a chain of records, each a length, its check sum, the data and theirs (TensorFlow's
`tfrecord`, all little-endian; check sums are CRC-32C, RFC 3720, masked). The data are protocol
buffers: `Event` holds wall_time (1, double), step (2, int64), file_version (3, text) or summary
(5); a summary's value (1) a tag (1, text), simple_value (2, float) or image (4), which holds height
(1), width (2), colorspace (3) and encoded_image_string (4).
"""

from __future__ import annotations

import struct
import time
from functools import cache
from pathlib import Path

import cv2
import numpy as np

_VERSION = b"brain.Event:2"
_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8
_RGB = 3


class EventFile:
    """A new file of events in a folder; its name has the time, so that a run's are in order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns():020d}.handseg"
        self._file = (folder / name).open("ab")
        self._write(_field(3, _VERSION), 0)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Append a number."""
        self._add(tag, _key(2, 5) + struct.pack("<f", value), step)

    def add_picture(self, tag: str, picture: np.ndarray, step: int) -> None:
        """Append a picture, uint8 (H, W, 3), RGB."""
        _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        sizes = zip((1, 2, 3), (*picture.shape[:2], _RGB), strict=True)
        image = b"".join(_key(number, 0) + _varint(size) for number, size in sizes)
        self._add(tag, _field(4, image + _field(4, encoded.tobytes())), step)

    def flush(self) -> None:
        """Let those who look at the file see all of it."""
        self._file.flush()

    def close(self) -> None:
        """Write what is not written yet."""
        self._file.close()

    def _add(self, tag: str, value: bytes, step: int) -> None:
        self._write(_field(5, _field(1, _field(1, tag.encode()) + value)), step)

    def _write(self, content: bytes, step: int) -> None:
        event = _key(1, 1) + struct.pack("<d", time.time()) + _key(2, 0) + _varint(step) + content
        length = struct.pack("<Q", len(event))
        self._file.write(length + _masked(length) + event + _masked(event))


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    taken = bytearray()
    while value > 0x7F:
        taken.append(value & 0x7F | 0x80)
        value >>= 7
    taken.append(value)
    return bytes(taken)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of some bytes."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    entries = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (_POLYNOMIAL if entry & 1 else 0)
        entries.append(entry)
    return tuple(entries)
