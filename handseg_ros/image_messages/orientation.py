"""How a picture has to be turned to stand upright, as its EXIF says, and how that is done.

Which formats OpenCV turns by itself depends on its version; so pictures are decoded as they are
stored and turned here, the same everywhere (TIFF alone it always turns). Source: EXIF 2.32 (CIPA
DC-008), 4.6.4, tag 274, in a TIFF directory that JPEG (segment APP1), PNG (chunk eXIf) and WebP
(chunk EXIF) carry; of a TIFF file it is the first directory's own.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from collections.abc import Iterator

import cv2
import numpy as np

from handseg_ros.image_messages.picture_header import JPEG_START, PNG_START, jpeg_segments

NORMAL = 1
# From these on, width and height change places.
_FIRST_SIDEWAYS, _LAST = 5, 8
_APP1, _ORIENTATION, _SHORT = 0xE1, 274, 3
_EXIF_NAME = b"Exif\0\0"
_TIFF_STARTS = (b"II*\0", b"MM\0*")


def orientation_of(data: bytes) -> int:
    """Return the EXIF orientation of an encoded picture, 1 to 8; 1 where it tells none."""
    for directory in _directories(data):
        try:
            found = _orientation(directory)
        except struct.error:  # cut off
            continue
        if NORMAL <= found <= _LAST:
            return found
    return NORMAL


def is_sideways(orientation: int) -> bool:
    """Return whether turning a picture of this orientation swaps its width and height."""
    return orientation >= _FIRST_SIDEWAYS


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return stored pixels, (H, W[, channels]) of any dtype, as they are to be looked at."""
    if orientation == NORMAL:
        return pixels
    turned = pixels.swapaxes(0, 1) if is_sideways(orientation) else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)


def decoding_flags(flags: int) -> int:
    """Return OpenCV's IMREAD_* flags that leave a picture as it is stored, but for TIFF."""
    return flags | cv2.IMREAD_IGNORE_ORIENTATION


def is_turned_by_opencv(data: bytes) -> bool:
    """Return whether OpenCV turns a picture whatever its flags say, as it does with TIFF alone."""
    return data.startswith(_TIFF_STARTS)


def _directories(data: bytes) -> Iterator[bytes]:
    """Yield what a picture carries as EXIF: TIFF directories, from their byte order on."""
    if data.startswith(JPEG_START):
        for segment in jpeg_segments(data):
            content = data[segment.begin : segment.end]
            if segment.marker == _APP1 and content.startswith(_EXIF_NAME):
                yield content[len(_EXIF_NAME) :]
    elif data.startswith(PNG_START):
        yield from _chunks(data, len(PNG_START), ">I", b"eXIf")
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        for chunk in _chunks(data, 12, "<I", b"EXIF"):
            yield chunk.removeprefix(_EXIF_NAME)
    elif data.startswith(_TIFF_STARTS):
        yield data


def _chunks(data: bytes, position: int, length: str, wanted: bytes) -> Iterator[bytes]:
    """Yield the contents of the chunks of a name, of a PNG (length, name) or a RIFF (name, length).

    A PNG's chunk ends in a checksum of four bytes, one of a RIFF is padded to an even length.
    """
    is_png = length.startswith(">")
    while position + 8 <= len(data):
        (size,) = struct.unpack_from(length, data, position + (0 if is_png else 4))
        name = data[position + 4 : position + 8] if is_png else data[position : position + 4]
        if name == wanted:
            yield data[position + 8 : position + 8 + size]
        position += 8 + size + (4 if is_png else size % 2)


def _orientation(directory: bytes) -> int:
    """Return tag 274 of a TIFF directory, 0 without it (TIFF 6.0, section 2)."""
    order = {b"II": "<", b"MM": ">"}.get(directory[:2])
    if order is None:
        return 0
    (first,) = struct.unpack_from(f"{order}I", directory, 4)
    (count,) = struct.unpack_from(f"{order}H", directory, first)
    for entry in range(first + 2, first + 2 + 12 * count, 12):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", directory, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            return int(value)
    return 0
