"""Picture files that hold more than one picture: pages of a TIFF, frames of an animation."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct

_PNG, _ANIMATION, _PIXELS = b"\x89PNG", b"acTL", b"IDAT"
_ANIMATED_WEBP_FLAG = 0x02


def has_more_pages(data: bytes) -> bool:
    """Return whether a picture file has others behind its first; False for damaged ones.

    By the directories of TIFF 6.0, the chunk acTL of PNG (third edition), which stands before the
    pixels, and the flags of WebP's VP8X chunk (RFC 9649).
    """
    if data.startswith((b"II*\0", b"MM\0*")):
        return _has_second_directory(data)
    if data.startswith(_PNG):
        return data.find(_ANIMATION, 0, data.find(_PIXELS)) >= 0
    is_extended = data.startswith(b"RIFF") and data[8:16] == b"WEBPVP8X"
    return is_extended and len(data) > 20 and bool(data[20] & _ANIMATED_WEBP_FLAG)


def _has_second_directory(tiff: bytes) -> bool:
    order = "<" if tiff.startswith(b"I") else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        (following,) = struct.unpack_from(f"{order}I", tiff, directory + 2 + 12 * entries)
    except struct.error:
        return False
    return bool(following)
