"""Camera images for the node's tests: one picture as messages of many encodings and sizes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
from collections.abc import Callable

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

PICTURE_SIZES = ((480, 640), (240, 320), (720, 1280), (244, 326), (100, 60))


def _by_code(code: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda bgr: cv2.cvtColor(bgr, code)


def _rggb_mosaic(bgr: np.ndarray) -> np.ndarray:
    mosaic = bgr[..., 1].copy()
    mosaic[0::2, 0::2] = bgr[0::2, 0::2, 2]
    mosaic[1::2, 1::2] = bgr[1::2, 1::2, 0]
    return mosaic


def _sixteen_bits(bgr: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype("<u2") * 257


def _yuy2(bgr: np.ndarray) -> np.ndarray:
    """Return (height, width, 2) in BT.601, which OpenCV reads but writes from 4.8 on alone."""
    blue, green, red = np.moveaxis(bgr.astype(np.float32), -1, 0)
    packed = np.empty((*bgr.shape[:2], 2), np.uint8)
    packed[..., 0] = np.rint(16 + 0.257 * red + 0.504 * green + 0.098 * blue)
    packed[:, 0::2, 1] = np.rint(128 - 0.148 * red - 0.291 * green + 0.439 * blue)[:, 0::2]
    packed[:, 1::2, 1] = np.rint(128 + 0.439 * red - 0.368 * green - 0.071 * blue)[:, 0::2]
    return packed


# What a camera would send for a BGR picture; each gives an array whose rows are the message's.
ENCODERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bgr8": lambda bgr: bgr,
    "rgb8": _by_code(cv2.COLOR_BGR2RGB),
    "bgra8": _by_code(cv2.COLOR_BGR2BGRA),
    "rgba8": _by_code(cv2.COLOR_BGR2RGBA),
    "mono8": _by_code(cv2.COLOR_BGR2GRAY),
    "mono16": _sixteen_bits,
    "bayer_rggb8": _rggb_mosaic,
    "yuv422_yuy2": _yuy2,
    "8UC3": lambda bgr: bgr,
    "32FC1": lambda bgr: cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype("<f4"),
}


def image_message(bgr: np.ndarray, encoding: str, padding: int = 0) -> Image:
    """Return a message of the picture in an encoding, `padding` bytes after each row."""
    pixels = np.ascontiguousarray(ENCODERS[encoding](bgr))
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    message = Image(height=height, width=width, encoding=encoding, step=rows.shape[1])
    message.data = array.array("B", rows.tobytes())
    return message


def jpeg_message(bgr: np.ndarray) -> CompressedImage:
    """Return the picture as a JPEG message."""
    message = CompressedImage(format="bgr8; jpeg compressed bgr8")
    message.data = array.array("B", cv2.imencode(".jpg", bgr)[1].tobytes())
    return message
