"""Image messages for the tests, built byte by byte."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import Any

import numpy as np

from handseg_ros.image_messages.encodings import PACKED

YUV_RED = (81, 90, 240)
YUV_BLUE = (41, 240, 110)
BGR_RED = (0, 0, 254)
BGR_BLUE = (255, 1, 0)


@dataclass
class Message:
    """The attributes of sensor_msgs/Image, to try data types that ROS itself does not make."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


def padded(rows: np.ndarray, padding: int, rng: np.random.Generator) -> tuple[int, bytes]:
    """Return step and bytes of (height, ...) rows with `padding` random bytes after each."""
    flat = np.ascontiguousarray(rows).view(np.uint8).reshape(rows.shape[0], -1)
    noise = rng.integers(0, 256, (rows.shape[0], padding), np.uint8)
    whole = np.hstack([flat, noise])
    return whole.shape[1], whole.tobytes()


def image(
    pixels: np.ndarray, encoding: str, *, padding: int = 0, big: bool = False, seed: int = 0
) -> Message:
    """Return a message with (height, width[, channels]) pixels of any type, as stated."""
    ordered = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<"))
    step, data = padded(ordered, padding, np.random.default_rng(seed))
    height, width = pixels.shape[:2]
    return Message(height, width, encoding, int(big), step, array.array("B", data))


def planar(
    planes: list[np.ndarray], encoding: str, height: int, width: int, padding: int = 0
) -> Message:
    """Return a message of planes, each (rows, bytes), padded to whole rows of one step."""
    rng = np.random.default_rng(1)
    parts = []
    for plane in planes:
        rows_of_step = plane.shape[1] // width
        parts.append(padded(plane, padding * rows_of_step, rng)[1])
    return Message(height, width, encoding, 0, width + padding, array.array("B", b"".join(parts)))


def random_pixels(encoding: str, height: int, width: int, seed: int) -> np.ndarray:
    """Return random pixels of the encoding's type and number of channels."""
    packed = PACKED[encoding]
    rng = np.random.default_rng(seed)
    shape = (height, width) if packed.channels == 1 else (height, width, packed.channels)
    if packed.dtype.kind == "f":
        return rng.normal(1.0, 3.0, shape).astype(packed.dtype)
    info = np.iinfo(packed.dtype)
    return rng.integers(info.min, info.max, shape, packed.dtype, endpoint=True)
