"""Pixels into image messages."""

from __future__ import annotations

import array
from typing import Any

import cv2
import numpy as np

from handseg_ros.segmentation.errors import ImageError

CHANNELS = {"mono8": 1, "bgr8": 3}
SUFFIXES = {"jpeg": ".jpg", "png": ".png"}


def fill_image(message: Any, pixels: np.ndarray, encoding: str) -> None:
    """Fill all of a sensor_msgs/Image but its header from uint8 pixels.

    `encoding` is mono8 for (height, width) and bgr8 for (height, width, 3). The data goes in as
    `array.array('B')`, which rclpy takes as it is; bytes would be checked value by value. Raises
    ImageError if pixels and encoding don't fit.
    """
    channels = _checked_channels(pixels, encoding)
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(pixels).data)
    message.height, message.width = pixels.shape[:2]
    message.encoding = encoding
    message.is_bigendian = 0
    message.step = message.width * channels
    message.data = data


def fill_compressed(message: Any, pixels: np.ndarray, codec: str, quality: int = 90) -> None:
    """Fill all of a sensor_msgs/CompressedImage but its header from mono8 or bgr8 pixels.

    `codec` is png (lossless) or jpeg (`quality` from 1 to 100). `format` is written
    as compressed_image_transport does: "bgr8; jpeg compressed bgr8". Raises ImageError for pixels
    or a codec that cannot be encoded.
    """
    encoding = "mono8" if pixels.ndim == 2 else "bgr8"
    _checked_channels(pixels, encoding)
    if codec not in SUFFIXES:
        raise ImageError(f"the codec '{codec}' is not known: use {' or '.join(SUFFIXES)}")
    # PNG's settings are left alone: OpenCV's own (run lengths, level 1) suit masks best
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if codec == "jpeg" else []
    _, encoded = cv2.imencode(SUFFIXES[codec], pixels, options)
    data = array.array("B")
    data.frombytes(encoded.data)
    compressed_as = "" if encoding == "mono8" else " bgr8"
    message.format = f"{encoding}; {codec} compressed{compressed_as}"
    message.data = data


def _checked_channels(pixels: np.ndarray, encoding: str) -> int:
    if encoding not in CHANNELS:
        raise ImageError(f"the encoding '{encoding}' is not written: use {' or '.join(CHANNELS)}")
    channels = CHANNELS[encoding]
    shape = pixels.shape[2:] or (1,)
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or shape != (channels,):
        raise ImageError(
            f"an array of {pixels.dtype} {pixels.shape} is no {encoding} image: "
            f"{encoding} takes uint8 with {channels} channel(s)"
        )
    if pixels.size == 0:
        raise ImageError(f"an array of shape {pixels.shape} has no pixels to send")
    return channels
