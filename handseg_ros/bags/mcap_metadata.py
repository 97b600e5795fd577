"""What rosbag2 says of a recording inside its MCAP file, where `metadata.yaml` is not beside it.

The format is that of https://mcap.dev/spec: the footer tells where the summary begins, an index in
it where each metadata record lies. rosbag2 keeps the text of its `metadata.yaml` in one of them.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import yaml

from handseg_ros.bags.bag_metadata import RecordingWords, recording_words
from handseg_ros.bags.truncated_mcap import FOOTER_LENGTH, MAGIC

_METADATA, _METADATA_INDEX = 0x0C, 0x0D
_RECORD = struct.Struct("<BQ")
_RECORD_NAME, _KEY = "rosbag2", "serialized_metadata"


def recorded_words(path: Path) -> RecordingWords:
    """Return what a recording was given; nothing of a file without such words, or no MCAP."""
    try:
        with path.open("rb") as file:
            return recording_words(_rosbag2_metadata(file))
    except (OSError, struct.error, ValueError, yaml.YAMLError):  # damaged: it has no words then
        return RecordingWords({})


def _rosbag2_metadata(file: BinaryIO) -> str:
    for place in _places(file):
        file.seek(place)
        opcode, length = _RECORD.unpack(file.read(_RECORD.size))
        name, rest = _text(file.read(length))
        if opcode == _METADATA and name == _RECORD_NAME:
            pairs = rest[4 : 4 + struct.unpack_from("<I", rest)[0]]
            while pairs:
                key, pairs = _text(pairs)
                value, pairs = _text(pairs)
                if key == _KEY:
                    return value
    return ""


def _places(file: BinaryIO) -> Iterator[int]:
    """Yield where the file's metadata records begin."""
    end = file.seek(0, 2) - FOOTER_LENGTH
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC or end < len(MAGIC):
        return
    file.seek(end + _RECORD.size)
    (place,) = struct.unpack("<Q", file.read(8))
    while len(MAGIC) <= place < end:
        file.seek(place)
        opcode, length = _RECORD.unpack(file.read(_RECORD.size))
        if opcode == _METADATA_INDEX:
            yield struct.unpack("<Q", file.read(8))[0]
        place += _RECORD.size + length


def _text(data: bytes) -> tuple[str, bytes]:
    """Return the text that some bytes begin with, and the bytes behind it."""
    (length,) = struct.unpack_from("<I", data)
    return data[4 : 4 + length].decode(), data[4 + length :]
