"""Image messages as no camera should send them, drawn by hypothesis."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from handseg_ros.image_messages.encodings import PACKED, SEMI_PLANAR

MOST_BYTES = 60_000
EXTREMES = (0, 1, 2, 3, 8192, 8193, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
_ENCODINGS = st.sampled_from([*PACKED, *SEMI_PLANAR])
_SIDES = st.integers(0, 70) | st.sampled_from(EXTREMES)
_STAMPS = st.tuples(
    st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 2),
    st.integers(0, 2**32 - 1) | st.just(0),
)
# What Pillow writes, what of it OpenCV reads, and what neither of them has.
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "PPM", "GIF", "ICO", "JPEG2000")
_FORMAT_TEXTS = ("jpeg", "png", "", "bgr8; jpeg compressed bgr8", "rgb8; png compressed rgb8")


@dataclass(frozen=True)
class StrangeImage:
    """The fields of a sensor_msgs/Image, and the stamp (sec, nanosec) of its header."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: bytes
    stamp: tuple[int, int]


@dataclass(frozen=True)
class StrangePicture:
    """The fields of a sensor_msgs/CompressedImage, and the stamp (sec, nanosec) of its header."""

    format: str
    data: bytes
    stamp: tuple[int, int]


def fill(message: Any, strange: StrangeImage | StrangePicture) -> Any:
    """Return the message with all fields of a strange one."""
    for name, value in vars(strange).items():
        if name == "data":
            message.data = array.array("B", value)
        elif name == "stamp":
            message.header.stamp.sec, message.header.stamp.nanosec = value
        else:
            setattr(message, name, value)
    return message


def _row(encoding: str, width: int) -> int:
    if packed := PACKED.get(encoding):
        return width * packed.channels * packed.dtype.itemsize
    return width


@st.composite
def strange_images(draw: st.DrawFn) -> StrangeImage:
    """Draw an image whose fields fit together, but for what is drawn to be wrong."""
    encoding = draw(_ENCODINGS | st.text(max_size=12))
    height, width = draw(_SIDES), draw(_SIDES)
    step = draw(st.just(_row(encoding, width)) | st.integers(0, 300) | st.sampled_from(EXTREMES))
    rows = height * (SEMI_PLANAR[encoding].rows_per_two if encoding in SEMI_PLANAR else 2) // 2
    whole = min(step * rows, MOST_BYTES)
    size = draw(st.just(whole) | st.integers(max(0, whole - 9), whole + 9) | st.integers(0, 999))
    pattern = draw(st.binary(min_size=1, max_size=16))
    data = (pattern * (size // len(pattern) + 1))[:size]
    order = draw(st.integers(0, 255))
    return StrangeImage(height, width, encoding, order, min(step, 2**32 - 1), data, draw(_STAMPS))


@st.composite
def strange_pictures(draw: st.DrawFn) -> StrangePicture:
    """Draw an encoded picture of any format, whole, cut or with bytes changed, or any bytes."""
    text = draw(st.sampled_from(_FORMAT_TEXTS) | st.text(max_size=20))
    if draw(st.integers(0, 5)) == 0:
        return StrangePicture(text, draw(st.binary(max_size=300)), draw(_STAMPS))
    file = io.BytesIO()
    shape = draw(st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3)))
    noise = np.random.default_rng(shape[0]).integers(0, 255, shape, np.uint8)
    picture = Image.fromarray(noise).convert(draw(st.sampled_from(["RGB", "L"])))
    picture.save(file, draw(st.sampled_from(_FORMATS)))
    data = bytearray(file.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    end = draw(st.just(len(data)) | st.integers(0, len(data)))
    return StrangePicture(text, bytes(data[:end]), draw(_STAMPS))
