"""Matroska videos (RFC 9559) with a time for each frame, as telephones and browsers record them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

_TIMECODE_SCALE = 1_000_000  # times are in milliseconds


def write_matroska(file: Path, milliseconds: Sequence[int], duration: int) -> None:
    """Write frames (48, 64) at these times, MJPEG; the file says how long it is, but no rate."""
    head = _element(
        0x1A45DFA3,
        _number(0x4286, 1), _number(0x42F7, 1), _number(0x42F2, 4), _number(0x42F3, 8),
        _element(0x4282, b"matroska"), _number(0x4287, 4), _number(0x4285, 2),
    )  # fmt: skip
    information = _element(
        0x1549A966,
        _number(0x2AD7B1, _TIMECODE_SCALE),
        _element(0x4489, struct.pack(">d", float(duration))),
    )
    video = _element(0xE0, _number(0xB0, 64), _number(0xBA, 48))
    track = _element(
        0xAE,
        _number(0xD7, 1), _number(0x73C5, 1), _number(0x83, 1), _element(0x86, b"V_MJPEG"), video,
    )  # fmt: skip
    clusters = [_cluster(time, number) for number, time in enumerate(milliseconds)]
    segment = _element(0x18538067, information, _element(0x1654AE6B, track), *clusters)
    file.write_bytes(head + segment)


def _cluster(time: int, number: int) -> bytes:
    picture = np.full((48, 64, 3), 4 * number % 256, np.uint8)
    block = b"\x81" + struct.pack(">hB", 0, 0x80) + cv2.imencode(".jpg", picture)[1].tobytes()
    return _element(0x1F43B675, _number(0xE7, time), _element(0xA3, block))


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _element(identity: int, *content: bytes) -> bytes:
    data = b"".join(content)
    size = struct.pack(">Q", len(data) | 1 << 56)
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big") + size + data
