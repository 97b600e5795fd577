"""Pixels into image messages."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from handseg_ros.image_messages.depth import DEPTH_TYPES
from handseg_ros.image_messages.encodings import UINT8
from handseg_ros.segmentation.errors import ImageError

# Of each encoding: the type of its values, and how many a pixel has.
LAYOUTS: dict[str, tuple[np.dtype, int]] = {
    "mono8": (UINT8, 1),
    "bgr8": (UINT8, 3),
    **{name: (dtype, 1) for name, dtype in DEPTH_TYPES.items()},
}
SUFFIXES = {"jpeg": ".jpg", "png": ".png"}
AsData = Callable[[np.ndarray], Any]


def as_array(values: np.ndarray) -> array.array[int]:
    """Return the bytes of an array, row by row, as the type that rclpy takes as it is.

    Bytes would be checked value by value.
    """
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(values).data.cast("B"))
    return data


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Return the bytes of an array, row by row: uint8 (N,), a view where the rows allow it."""
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def fill_image(message: Any, pixels: np.ndarray, encoding: str, as_data: AsData = as_array) -> None:
    """Fill all of a sensor_msgs/Image but its header from pixels.

    `encoding` is mono8 for uint8 (height, width), bgr8 for uint8 (height, width, 3), one of
    `DEPTH_TYPES` for depth (height, width) of its type. `as_data` makes of an array what the
    message takes, by default one of rclpy. Raises ImageError if pixels and encoding don't fit.
    """
    _check(pixels, encoding)
    message.height, message.width = pixels.shape[:2]
    message.encoding = encoding
    message.is_bigendian = int(sys.byteorder == "big")
    message.step = pixels.nbytes // message.height
    message.data = as_data(pixels)


def fill_compressed(
    message: Any, pixels: np.ndarray, codec: str, quality: int = 90, as_data: AsData = as_array
) -> None:
    """Fill all of a sensor_msgs/CompressedImage but its header from mono8 or bgr8 pixels.

    `codec` is png (lossless) or jpeg (`quality` from 1 to 100). `format` is written
    as compressed_image_transport does: "bgr8; jpeg compressed bgr8"; `as_data` is as for
    `fill_image`. Raises ImageError for pixels or a codec that cannot be encoded.
    """
    encoding = "mono8" if pixels.ndim == 2 else "bgr8"
    _check(pixels, encoding)
    if codec not in SUFFIXES:
        raise ImageError(f"the codec '{codec}' is not known: use {' or '.join(SUFFIXES)}")
    # PNG's settings are left alone: OpenCV's own (run lengths, level 1) suit masks best
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if codec == "jpeg" else []
    _, encoded = cv2.imencode(SUFFIXES[codec], pixels, options)
    compressed_as = "" if encoding == "mono8" else " bgr8"
    message.format = f"{encoding}; {codec} compressed{compressed_as}"
    message.data = as_data(encoded)


def _check(pixels: np.ndarray, encoding: str) -> None:
    if encoding not in LAYOUTS:
        raise ImageError(f"the encoding '{encoding}' is not written: use {' or '.join(LAYOUTS)}")
    dtype, channels = LAYOUTS[encoding]
    shape = pixels.shape[2:] or (1,)
    if pixels.dtype != dtype or pixels.ndim not in (2, 3) or shape != (channels,):
        raise ImageError(
            f"an array of {pixels.dtype} {pixels.shape} is no {encoding} image: "
            f"{encoding} takes {dtype} with {channels} channel(s)"
        )
    if pixels.size == 0:
        raise ImageError(f"an array of shape {pixels.shape} has no pixels to send")
