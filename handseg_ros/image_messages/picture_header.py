"""How large an encoded picture says it is, read from its first bytes, before it is decoded.

Six formats are known: each file's header gives width and height at a place that its specification
names. A picture of any other format is none to this package, whatever OpenCV would make of it; the
error says what it is where that is known.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from handseg_ros.image_messages.layout import check_size
from handseg_ros.image_messages.other_formats import other_format
from handseg_ros.segmentation.errors import ImageError

Size = tuple[int, int]  # width, height

JPEG_START = b"\xff\xd8\xff"
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_SCAN = 0xDA
# So many bytes are enough to tell a file's kind.
START_LENGTH = 512
# Start of frame: all of 0xC0 to 0xCF but three that are something else (ITU-T T.81, table B.1).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Magic number, then width and height as text, with comments between (netpbm.sourceforge.net/doc).
_PNM = re.compile(rb"P[1-6]\s(?:\s|#[^\r\n]*[\r\n])*(\d{1,9})\s(?:\s|#[^\r\n]*[\r\n])*(\d{1,9})\s")
# TIFF 6.0, sections 2 and 15: of the image and of its tiles, as 16 or 32 bits.
_TIFF_WIDTHS, _TIFF_HEIGHTS = (256, 322), (257, 323)
_TIFF_NUMBERS = {3: "H", 4: "I"}
# Markers that stand alone, and 0, which is none: no camera writes them before a scan, and what
# follows would be read otherwise by the decoder.
_WITHOUT_CONTENT = frozenset([0x00, 0x01, *range(0xD0, 0xDA)])


@dataclass(frozen=True)
class JpegSegment:
    """One segment of a JPEG: its marker's second byte, and where its content begins and ends."""

    marker: int
    begin: int
    end: int


def check_picture_size(data: bytes, what: str) -> None:
    """Raise ImageError when an encoded picture's header tells of a side that is too long.

    So it does for bytes that are no picture of a known format; `what` names them.
    """
    size = picture_size(data)
    if size is None:
        if other := other_format(data[:START_LENGTH]):
            raise ImageError(f"{what} is {other}")
        raise ImageError(
            f"{what} cannot be decoded, its {len(data)} bytes are damaged or no picture: "
            "use JPEG or PNG"
        )
    check_size(what, *size)


def is_picture(data: bytes) -> bool:
    """Return whether data begins as a picture of a known format does."""
    return any(re.match(start, data, re.DOTALL) for start in _FORMATS)


def jpeg_segments(data: bytes, position: int = 2) -> Iterator[JpegSegment]:
    """Yield the segments of a JPEG from a position to what is none (ITU-T T.81, B.1.1)."""
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker in _WITHOUT_CONTENT:
            return
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        yield JpegSegment(marker, position + 4, end)
        position = end


def picture_size(data: bytes) -> Size | None:
    """Return width and height by the header, or None for no known format, or one that is cut."""
    for start, read in _FORMATS.items():
        if re.match(start, data, re.DOTALL):
            try:
                return read(data)
            except struct.error:  # the header is cut
                return None
    return None


def _jpeg(data: bytes) -> Size | None:
    for segment in jpeg_segments(data):
        if segment.marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, segment.begin + 1)
            return width, height
        if segment.marker == JPEG_SCAN:
            return None
    return None


def _png(data: bytes) -> Size | None:
    kind, width, height = struct.unpack_from(">4sII", data, 12)
    return (width, height) if kind == b"IHDR" else None


def _bmp(data: bytes) -> Size | None:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return width, abs(height)  # below 0: rows from top to bottom


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8 ":  # RFC 6386, 9.1: the upper two bits are a scale
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":  # RFC 9649, 3.4
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":  # RFC 9649, 2.7.1
        columns, rows = struct.unpack_from("<3s3s", data, 24)
        return int.from_bytes(columns, "little") + 1, int.from_bytes(rows, "little") + 1
    return None


def _tiff(data: bytes) -> Size | None:
    order = "<" if data.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, directory)
    widths: list[int] = []
    heights: list[int] = []
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, entry)
        if tag in (*_TIFF_WIDTHS, *_TIFF_HEIGHTS):
            if kind not in _TIFF_NUMBERS:
                return None
            (value,) = struct.unpack_from(f"{order}{_TIFF_NUMBERS[kind]}", data, entry + 8)
            (widths if tag in _TIFF_WIDTHS else heights).append(value)
    return (max(widths), max(heights)) if widths and heights else None


def _pnm(data: bytes) -> Size | None:
    found = _PNM.match(data)
    return (int(found[1]), int(found[2])) if found else None


_FORMATS: dict[bytes, Callable[[bytes], Size | None]] = {
    re.escape(JPEG_START): _jpeg,
    re.escape(PNG_START): _png,
    rb"BM": _bmp,
    rb"RIFF....WEBP": _webp,
    rb"II\*\0|MM\0\*": _tiff,
    rb"P[1-6]\s": _pnm,
}
