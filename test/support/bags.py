"""Bags for tests, written with rosbags: images with stamps, and what else is given."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from handseg_ros.bags.definitions import blank_message, known_types

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
START = 1_700_000_000_123_456_789
PERIOD = 50_000_000


@dataclass(frozen=True)
class Kind:
    """A way to store a bag: its storage, and how it is compressed."""

    storage: StoragePlugin
    compression: CompressionMode = CompressionMode.NONE


@dataclass(frozen=True)
class Entry:
    """One message to be written: topic, type, when it is recorded (nanoseconds), and the bytes."""

    topic: str
    msgtype: str
    log_time: int
    data: bytes


KINDS = {
    "sqlite": Kind(StoragePlugin.SQLITE3),
    "sqlite, file": Kind(StoragePlugin.SQLITE3, CompressionMode.FILE),
    "sqlite, message": Kind(StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
    "mcap": Kind(StoragePlugin.MCAP),
    "mcap, chunks": Kind(StoragePlugin.MCAP, CompressionMode.STORAGE),
    "mcap, file": Kind(StoragePlugin.MCAP, CompressionMode.FILE),
    "mcap, message": Kind(StoragePlugin.MCAP, CompressionMode.MESSAGE),
}


def stamp_of(number: int) -> int:
    """Return the header's stamp of the n-th image, in nanoseconds."""
    return START + number * PERIOD


def write_bag(
    path: Path,
    entries: Iterable[Entry],
    kind: Kind = KINDS["mcap"],
    custom: dict[str, str] | None = None,
) -> Path:
    """Write a bag's folder and return it."""
    writer = Writer(path, version=8, storage_plugin=kind.storage)
    writer.set_compression(kind.compression, CompressionFormat.ZSTD)
    for key, value in (custom or {}).items():
        writer.set_custom_data(key, value)
    connections: dict[str, Any] = {}
    with writer:
        for entry in entries:
            if entry.topic not in connections:
                connections[entry.topic] = writer.add_connection(
                    entry.topic, entry.msgtype, typestore=known_types()
                )
            writer.write(connections[entry.topic], entry.log_time, entry.data)
    return path


def storage_file(bag: Path) -> Path:
    """Return the one file with messages in a bag's folder."""
    (file,) = (path for path in bag.iterdir() if path.name != "metadata.yaml")
    return file


def serialized(message: Any, msgtype: str) -> bytes:
    """Return a message's bytes as they lie in a bag."""
    return bytes(known_types().serialize_cdr(message, msgtype))


def stamped(msgtype: str, stamp: int) -> Any:
    """Return a blank message with a header of the camera and this stamp, in nanoseconds."""
    message = blank_message(known_types(), msgtype)
    message.header.frame_id = "camera"
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
    return message


def image_entry(
    topic: str, stamp: int, pixels: np.ndarray, encoding: str = "bgr8", delay: int = 0
) -> Entry:
    """Return an image as it is recorded `delay` nanoseconds after its stamp."""
    message = stamped(IMAGE, stamp)
    message.height, message.width = pixels.shape[:2]
    message.encoding = encoding
    message.step = pixels.strides[0]
    message.data = np.ascontiguousarray(pixels).reshape(-1).view(np.uint8)
    return Entry(topic, IMAGE, stamp + delay, serialized(message, IMAGE))


def compressed_entry(topic: str, stamp: int, pixels: np.ndarray, suffix: str = ".jpg") -> Entry:
    """Return an image as JPEG or PNG."""
    message = stamped(COMPRESSED, stamp)
    message.format = {".jpg": "jpeg", ".png": "png"}[suffix]
    message.data = cv2.imencode(suffix, pixels)[1].reshape(-1)
    return Entry(topic, COMPRESSED, stamp, serialized(message, COMPRESSED))


def noise(number: int, height: int = 24, width: int = 32) -> np.ndarray:
    """Return the n-th of a series of pictures that no two are alike: uint8 BGR."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
