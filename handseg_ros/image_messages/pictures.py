"""Encoded pictures (JPEG, PNG, ...) to BGR pixels, with truncated ones found out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import zlib

import cv2
import numpy as np

from handseg_ros.image_messages.encodings import PACKED, Packed, stretched
from handseg_ros.image_messages.orientation import (
    decoding_flags,
    is_turned_by_opencv,
    orientation_of,
    upright,
)
from handseg_ros.image_messages.picture_header import (
    JPEG_SCAN,
    JPEG_START,
    PNG_START,
    check_picture_size,
    jpeg_segments,
)
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.segmentation.errors import ImageError

# In a JPEG's coded data, 0xFF is followed by 0 (a stuffed byte), by a restart marker, or by the
# next segment's marker (ITU-T T.81, B.1.1).
JPEG_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
JPEG_END = 0xD9
ENCODINGS = {
    (np.uint8, 1): "mono8",
    (np.uint8, 3): "bgr8",
    (np.uint8, 4): "bgra8",
    (np.uint16, 1): "mono16",
    (np.uint16, 3): "bgr16",
    (np.uint16, 4): "bgra16",
}


def decode_picture(data: bytes, what: str, flags: int) -> np.ndarray:
    """Decode an encoded picture into whatever it holds: (height, width[, channels]).

    `flags` are OpenCV's IMREAD_*. OpenCV fills the missing part of a truncated picture with grey
    and says nothing, so JPEG and PNG data is followed to its end first; before that the header is
    asked for the size, as a small file may unfold to gigabytes. Raises ImageError, which names
    `what`, for no data, a side that is too long, truncated data, and data that is no picture.
    """
    if not data:
        raise ImageError(f"{what} is empty: check that what writes it has finished and has space")
    check_picture_size(data, what)
    if is_truncated(data):
        raise ImageError(
            f"{what} is truncated or damaged, {len(data)} bytes are not all of it: "
            "check the connection, or copy the file again"
        )
    picture = _imdecode(data, flags)
    if picture is None:
        raise ImageError(
            f"{what} cannot be decoded, its {len(data)} bytes are damaged or no picture: "
            "use JPEG or PNG"
        )
    return picture


def decode_upright(data: bytes, what: str, flags: int) -> np.ndarray:
    """Decode as `decode_picture` does, and turn the picture upright as its EXIF says."""
    picture = decode_picture(data, what, decoding_flags(flags))
    return picture if is_turned_by_opencv(data) else upright(picture, orientation_of(data))


def picture_to_bgr(picture: np.ndarray, bits: SignificantBits | None = None) -> np.ndarray:
    """Return a decoded picture as uint8 (height, width, 3), BGR.

    Grey is repeated, alpha dropped, 16 bits scaled so that 65535 becomes 255, or the largest value
    of the `bits` that the source uses, and measures (floats) stretched from their smallest to their
    largest finite value.
    """
    channels = picture.shape[2] if picture.ndim == 3 else 1
    encoding = ENCODINGS.get((picture.dtype.type, channels))
    if encoding:
        return colours_to_bgr(picture, PACKED[encoding], bits)
    first = picture if picture.ndim == 2 else picture[:, :, 0]
    return stretched(first)


def colours_to_bgr(
    pixels: np.ndarray, encoding: Packed, bits: SignificantBits | None = None
) -> np.ndarray:
    """Return pixels of an encoding as uint8 (height, width, 3), BGR."""
    if bits is None or encoding.scaled_to_bgr is None:
        return encoding.to_bgr(pixels)
    return encoding.scaled_to_bgr(pixels, bits.white(pixels))


def is_truncated(data: bytes) -> bool:
    """Return whether JPEG or PNG data ends before its picture does; False for other formats."""
    if data.startswith(JPEG_START):
        return not _jpeg_ends(data)
    if data.startswith(PNG_START):
        return not _png_ends(data)
    return False


def _jpeg_ends(data: bytes) -> bool:
    """Follow the segments to the end marker: a thumbnail inside a segment has one of its own."""
    position = 2
    while True:
        segments = jpeg_segments(data, position)
        scan = next((segment for segment in segments if segment.marker == JPEG_SCAN), None)
        found = scan and JPEG_NEXT_MARKER.search(data, scan.end)
        if not found:
            return False
        position = found.start()
        if data[position + 1] == JPEG_END:
            return True


def _png_ends(data: bytes) -> bool:
    """Follow the chunks, each with its checksum (PNG specification, 5.3), to IEND."""
    position = len(PNG_START)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        body = data[position + 4 : position + 8 + size]
        check = data[position + 8 + size : position + 12 + size]
        if len(check) < 4 or zlib.crc32(body) != int.from_bytes(check, "big"):
            return False
        if body[:4] == b"IEND":
            return True
        position += 12 + size
    return False


def _imdecode(data: bytes, flags: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
