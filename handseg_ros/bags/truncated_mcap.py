"""A truncated or damaged MCAP storage file (power was lost), readable without writing to it.

The format is that of https://mcap.dev/spec: records of an opcode, a length (uint64) and as many
bytes; messages lie in chunks, each followed by one index record a channel; a summary and a footer
close the file. What is whole is kept, and a summary that leads to it is laid behind it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from handseg_ros.bags.mcap_envelopes import unpacked_chunk

MAGIC = b"\x89MCAP0\r\n"
_FOOTER, _CHUNK, _MESSAGE_INDEX, _CHUNK_INDEX, _STATISTICS, _DATA_END = 2, 6, 7, 8, 11, 15
_RECORD = struct.Struct("<BQ")
_FOOTER_CONTENT = 20
FOOTER_LENGTH = _RECORD.size + _FOOTER_CONTENT + len(MAGIC)
# Of a chunk: first and last time, size of its content, checksum, length of the compression's name.
_CHUNK_START = struct.Struct("<QQQII")


@dataclass(frozen=True)
class _Record:
    """A whole record: its opcode, where it starts in the file, and its length with the opcode."""

    opcode: int
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True)
class RecoveredMcap:
    """A file that ends in the middle, as a path that rosbags reads: what is whole, and an end.

    `whole` is how many bytes of it are kept, `lost` how many are not; `has_all` says that those
    held no messages.
    """

    path: Path
    whole: int
    lost: int
    has_all: bool
    ending: bytes

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open the whole records and the ending as one file to read."""
        if mode != "rb":
            raise ValueError(f"a mended file cannot be opened as '{mode}', it can only be read")
        return io.BufferedReader(_TwoParts(self.path, self.whole, self.ending))  # type: ignore[return-value]

    def exists(self) -> bool:
        """Return whether the file is there."""
        return self.path.exists()

    def is_dir(self) -> bool:
        """Return that it is no folder."""
        return False

    @property
    def suffix(self) -> str:
        """The file's suffix."""
        return self.path.suffix

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    def __str__(self) -> str:
        return str(self.path)


def has_end(path: Path) -> bool:
    """Return whether a file ends as a whole MCAP file does; what is before is not looked at."""
    with path.open("rb") as file:
        if file.seek(0, io.SEEK_END) < FOOTER_LENGTH:
            return False
        file.seek(-FOOTER_LENGTH, io.SEEK_END)
        end = file.read()
    return end.startswith(_RECORD.pack(_FOOTER, _FOOTER_CONTENT)) and end.endswith(MAGIC)


def recover(path: Path) -> RecoveredMcap | None:
    """Return what is whole of an MCAP file as one that can be read; None if it is no MCAP."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return None
        records = list(_records(file, size))
        data = [item for item in records if item.opcode < _CHUNK_INDEX or item.opcode > _DATA_END]
        sound = _without_broken_end(file, data)
        has_all = len(sound) == len(data) and any(item.opcode == _DATA_END for item in records)
        whole = sound[-1].end if sound else len(MAGIC)
        ending = _ending(whole, list(_indices(file, sound)))
        return RecoveredMcap(path, whole, size - whole, has_all, ending)


def _records(file: BinaryIO, size: int) -> Iterator[_Record]:
    """Yield the whole records up to the end of the data."""
    start = len(MAGIC)
    while start + _RECORD.size <= size:
        file.seek(start)
        opcode, length = _RECORD.unpack(file.read(_RECORD.size))
        record = _Record(opcode, start, _RECORD.size + length)
        if not opcode or record.end > size:
            return
        yield record
        if opcode == _DATA_END:
            return
        start = record.end


def _without_broken_end(file: BinaryIO, records: list[_Record]) -> list[_Record]:
    """Return the records before the last chunks that cannot be unpacked.

    Where power was lost a file may have its length already, and zeros in place of its content.
    """
    for place, record in reversed(list(enumerate(records))):
        if record.opcode == _CHUNK:
            file.seek(record.start + _RECORD.size)
            try:
                unpacked_chunk(file.read(record.length - _RECORD.size))
            except Exception:  # whatever its compression trips over
                records = records[:place]
            else:
                break
    return records


def _indices(file: BinaryIO, records: list[_Record]) -> Iterator[bytes]:
    """Yield a chunk index, as the summary holds it, for each chunk and the indices behind it.

    It names none of those indices where the file ends behind them, as some may be missing.
    """
    for place, record in enumerate(records):
        if record.opcode != _CHUNK:
            continue
        behind = []
        for other in records[place + 1 :]:
            if other.opcode != _MESSAGE_INDEX:
                break
            behind.append(other)
        is_last = place + len(behind) + 1 == len(records)
        yield _chunk_index(file, record, [] if is_last else behind)


def _chunk_index(file: BinaryIO, chunk: _Record, behind: list[_Record]) -> bytes:
    file.seek(chunk.start + _RECORD.size)
    first, last, size, _, name_length = _CHUNK_START.unpack(file.read(_CHUNK_START.size))
    compression = file.read(name_length)
    (compressed,) = struct.unpack("<Q", file.read(8))
    offsets = b""
    for index in behind:
        file.seek(index.start + _RECORD.size)
        offsets += file.read(2) + struct.pack("<Q", index.start)
    content = struct.pack("<QQQQI", first, last, chunk.start, chunk.length, len(offsets)) + offsets
    content += struct.pack("<QI", sum(index.length for index in behind), name_length) + compression
    content += struct.pack("<QQ", compressed, size)
    return _RECORD.pack(_CHUNK_INDEX, len(content)) + content


def _ending(whole: int, indices: list[bytes]) -> bytes:
    """Return what closes a file: end of data, summary, footer, magic.

    The statistics are empty: without schemas in the summary, rosbags counts for itself.
    """
    end_of_data = _RECORD.pack(_DATA_END, 4) + bytes(4)
    counts = struct.pack("<QHIIIIQQI", 0, 0, 0, 0, 0, len(indices), 0, 0, 0)
    summary = b"".join(indices) + _RECORD.pack(_STATISTICS, len(counts)) + counts
    footer = struct.pack("<QQI", whole + len(end_of_data), 0, 0)
    return end_of_data + summary + _RECORD.pack(_FOOTER, len(footer)) + footer + MAGIC


class _TwoParts(io.RawIOBase):
    """The first bytes of a file, followed by others that are not in it."""

    def __init__(self, path: Path, whole: int, ending: bytes) -> None:
        self._file = path.open("rb", buffering=0)
        self._whole = whole
        self._ending = ending
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = start + offset
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._place < self._whole:
            self._file.seek(self._place)
            data = self._file.read(min(len(buffer), self._whole - self._place)) or b""
        else:
            start = self._place - self._whole
            data = self._ending[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    @property
    def _size(self) -> int:
        return self._whole + len(self._ending)
