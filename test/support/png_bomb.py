"""Pictures of few bytes that claim, and unfold to, very many."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
import zlib


def png_header(width: int, height: int) -> bytes:
    """Return how a grey PNG of that size begins (PNG specification, 5.2 and 11.2.1)."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)


def png_bomb(width: int, height: int) -> bytes:
    """Return a whole PNG of black pixels: a thousand of them to each byte."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + width)) for _ in range(height)) + packer.flush()
    return png_header(width, height) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check
