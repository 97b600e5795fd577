"""The bytes of a sensor_msgs/Image as an array of pixels, without copying them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from typing import Any, Protocol

import numpy as np

from handseg_ros.segmentation.errors import ImageError

# No camera for hands has more, and a picture of a few bytes can claim a thousand times as many.
LARGEST_SIDE = 8192


class ImageMessage(Protocol):
    """What is read of a sensor_msgs/Image; `data` is anything with the buffer protocol."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


def packed_pixels(message: ImageMessage, dtype: np.dtype, channels: int) -> np.ndarray:
    """Return (height, width) or, with several channels, (height, width, channels) of `dtype`.

    A view of the message's data wherever the bytes allow it: padding is skipped by the row stride;
    values of the other byte order, and rows that start between two values, are copied. Raises
    ImageError for zero pixels, too many, a `step` below the bytes of a row, and too little data.
    """
    pixel_bytes = dtype.itemsize * channels
    buffer = checked_buffer(message, message.width * pixel_bytes, message.height)
    foreign = dtype.itemsize > 1 and bool(message.is_bigendian) != (sys.byteorder == "big")
    pixels: np.ndarray = np.ndarray(
        (message.height, message.width, channels),
        dtype.newbyteorder() if foreign else dtype,
        buffer,
        strides=(message.step, pixel_bytes, dtype.itemsize),
    )
    if foreign or message.step % dtype.itemsize:
        pixels = pixels.astype(dtype, order="C")
    return pixels[:, :, 0] if channels == 1 else pixels


def plane_rows(message: ImageMessage, rows: int) -> np.ndarray:
    """Return `rows` rows of `step` bytes, (rows, step) uint8: the planes of a planar image.

    Raises ImageError as `packed_pixels` does; a row of the first plane takes `width` bytes.
    """
    buffer = checked_buffer(message, message.width, rows)
    return np.frombuffer(buffer, np.uint8, rows * message.step).reshape(rows, message.step)


def check_size(what: str, width: int, height: int) -> None:
    """Raise ImageError, which names `what`, when a side has more than `LARGEST_SIDE` pixels."""
    if max(width, height) > LARGEST_SIDE:
        raise ImageError(
            f"{what} has {width}x{height} pixels, but no side may have more than {LARGEST_SIDE}: "
            "set the camera to a smaller size, or scale the picture down"
        )


def checked_buffer(message: ImageMessage, row_bytes: int, rows: int) -> memoryview:
    """Return the message's data as bytes, at least `rows` rows of `step`, or raise ImageError."""
    what = f"the {message.width}x{message.height} {message.encoding} image"
    if message.height < 1 or message.width < 1:
        raise ImageError(
            f"{what} has no pixels: height and width must both be 1 or more, "
            "check the camera driver's settings"
        )
    check_size(what, message.width, message.height)
    if message.step < row_bytes:
        raise ImageError(
            f"{what} has step={message.step}, but a row takes {row_bytes} bytes: "
            "the publisher must set step to the bytes of a row, padding included"
        )
    buffer = memoryview(message.data).cast("B")
    if buffer.nbytes < message.step * rows:
        raise ImageError(
            f"{what} has {buffer.nbytes} bytes of data, but {rows} rows of step={message.step} "
            f"make {message.step * rows}: the publisher must send every row in full"
        )
    return buffer
