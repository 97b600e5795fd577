"""Picture files that hold more than one picture: pages of a TIFF, frames of an animation."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from pathlib import Path

# Where an animated PNG says so, before its first pixels, and what an animated WebP begins with.
_START = 4096
_PNG, _ANIMATION = b"\x89PNG", b"acTL"
_ANIMATED_WEBP_FLAG = 0x02


def has_more_pages(path: Path) -> bool:
    """Return whether a picture file has others behind its first; False for what cannot be read.

    By the directories of TIFF 6.0, the chunk acTL of PNG (third edition) and the flags of WebP's
    VP8X chunk (RFC 9649).
    """
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            if start.startswith((b"II*\0", b"MM\0*")):
                order = "<" if start[:1] == b"I" else ">"
                file.seek(struct.unpack(f"{order}I", start[4:8])[0])
                (entries,) = struct.unpack(f"{order}H", file.read(2))
                file.seek(12 * entries, 1)
                return any(file.read(4))
    except (OSError, struct.error):
        return False
    if start.startswith(_PNG):
        return _ANIMATION in start.partition(b"IDAT")[0]
    is_extended = start.startswith(b"RIFF") and start[8:16] == b"WEBPVP8X"
    return is_extended and bool(start[20] & _ANIMATED_WEBP_FLAG)
