"""What MCAP and rosbag2 keep of a message and a topic that rosbags leaves out, read and written.

Formats: https://mcap.dev/spec for messages and chunks; rosbag2's MCAP storage for a channel's
metadata, `offered_qos_profiles` and `topic_type_hash`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import heapq
import json
import re
import struct
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rosbags.interfaces import Connection, ConnectionExtRosbag2
from rosbags.rosbag2 import Reader, ReaderError, StoragePlugin, Writer
from rosbags.rosbag2.storage_mcap import (
    Channel,
    ChunkInfo,
    McapReader,
    McapWriter,
    Schema,
    decompress,
    write_channel,
)

from handseg_ros.bags.sqlite_reader import SqliteReader

_MESSAGE, _CHUNK = 0x05, 0x06
_RECORD = struct.Struct("<BQ")
# Of a message: channel, sequence, when it was recorded, when it was published.
_MESSAGE_START = struct.Struct("<HIQQ")
# Of a chunk: first and last time, size of its content, checksum, length of the compression's name.
_CHUNK_START = struct.Struct("<QQQII")
# Of a chunk's record: times and size before the checksum, and what stands before the content.
_BEFORE_CHECKSUM, _BEFORE_CONTENT = _RECORD.size + 24, _RECORD.size + 40
_LARGEST_CHUNK = 2**20
_ENCODINGS = ("", "ros2msg", "ros2idl", "omgidl")
_TYPE_HASH = "topic_type_hash"
_QOS = "offered_qos_profiles"


@dataclass(frozen=True)
class Envelope:
    """The publisher's number of a message, 0 where unknown, and when it was published (ns)."""

    sequence: int
    publish_time: int


@dataclass(frozen=True)
class _Message:
    """A message of a chunk; `channel` 0 stands for the chunk itself, before it is opened."""

    log_time: int
    offset: int
    channel: int = 0
    envelope: Envelope | None = None
    data: bytes = b""


class _Schemas(dict[int, Schema]):
    """A file's schemas; what rosbags cannot understand is kept as one without a definition.

    rosbag2 writes those of types that it did not know when it recorded.
    """

    def __setitem__(self, number: int, schema: Schema) -> None:
        is_known = schema.encoding in _ENCODINGS
        super().__setitem__(number, schema if is_known else schema._replace(encoding=""))


class _EnvelopeMcapReader(McapReader):
    """rosbags' reader of one file, which keeps the envelope of what it yields."""

    envelope: Envelope | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.schemas = _Schemas()

    def messages(
        self,
        connections: Collection[Connection],
        start: int | None = None,
        stop: int | None = None,
    ) -> Generator[tuple[Connection, int, bytes], None, None]:
        """Yield messages as rosbags does, by when they were recorded."""
        self.envelope = None
        if start is not None or stop is not None:
            yield from super().messages(connections, start, stop)
            return
        wanted = {connection.id: connection for connection in connections}
        for message in self._by_index(wanted) if self.chunks else self._as_they_lie(wanted):
            self.envelope = message.envelope
            yield wanted[message.channel], message.log_time, message.data
        self.envelope = None

    def _by_index(self, wanted: Collection[int]) -> Iterator[_Message]:
        chunks = [
            self._messages_of(chunk, wanted)
            for chunk in self.chunks
            # A chunk that names no index of a channel has none, and may have messages of all.
            if not chunk.message_index_offsets
            or any(chunk.channel_count.get(channel) for channel in wanted)
        ]
        for message in heapq.merge(*chunks, key=lambda item: (item.log_time, item.offset)):
            if message.envelope is not None:
                yield message

    def _as_they_lie(self, wanted: Collection[int]) -> Iterator[_Message]:
        """Yield the messages of a file without an index; raises ReaderError at disorder."""
        latest = 0
        for message in self._of_all_records(wanted):
            if message.log_time < latest:
                raise ReaderError(
                    "without an index, and its messages are not in the order of their times"
                )
            latest = message.log_time
            yield message

    def _of_all_records(self, wanted: Collection[int]) -> Iterator[_Message]:
        assert self.bio is not None, "it is open"
        place = self.data_start
        while place + _RECORD.size <= self.data_end:
            self.bio.seek(place)
            start = self.bio.read(_RECORD.size)
            opcode, length = _RECORD.unpack(start)
            if opcode in (_MESSAGE, _CHUNK):
                record = self.bio.read(length)
                if len(record) < length:
                    raise ReaderError(f"it ends in the middle of a record at byte {place}")
                content = unpacked_chunk(record) if opcode == _CHUNK else start + record
                yield from _parsed(content, wanted, place)
            place += _RECORD.size + length

    def _messages_of(self, chunk: ChunkInfo, wanted: Collection[int]) -> Iterator[_Message]:
        # First where it begins, so that only chunks whose time has come are in memory.
        yield _Message(chunk.message_start_time, 0)
        messages = _parsed(self._content(chunk), wanted, chunk.chunk_start_offset)
        yield from sorted(messages, key=lambda message: message.log_time)

    def _content(self, chunk: ChunkInfo) -> bytes:
        assert self.bio is not None, "it is open"
        self.bio.seek(chunk.chunk_start_offset + _BEFORE_CHECKSUM)
        (checksum,) = struct.unpack("<I", self.bio.read(4))
        self.bio.seek(chunk.chunk_start_offset + _BEFORE_CONTENT + len(chunk.compression))
        packed = self.bio.read(chunk.compressed_size)
        return decompress(packed, chunk.compression, chunk.uncompressed_size, checksum)


def _parsed(content: bytes, wanted: Collection[int], offset: int) -> Iterator[_Message]:
    """Yield the messages of some channels in records that lie one after the other.

    Raises ReaderError for a record that is longer than what is left.
    """
    place = 0
    while place < len(content):
        opcode, length = _RECORD.unpack_from(content, place)
        place += _RECORD.size
        if length > len(content) - place:
            raise ReaderError(f"a record in the chunk at byte {offset} does not fit into it")
        if opcode == _MESSAGE:
            channel, sequence, log_time, published = _MESSAGE_START.unpack_from(content, place)
            if channel in wanted:
                data = content[place + _MESSAGE_START.size : place + length]
                yield _Message(log_time, offset, channel, Envelope(sequence, published), data)
        place += length


def unpacked_chunk(chunk: bytes) -> bytes:
    """Return the content of a chunk's record; raises what its compression trips over."""
    _, _, size, checksum, name = _CHUNK_START.unpack_from(chunk)
    compression = chunk[_CHUNK_START.size : _CHUNK_START.size + name].decode()
    return decompress(chunk[_CHUNK_START.size + name + 8 :], compression, size, checksum)


class EnvelopeReader(Reader):
    """A reader of a storage file that tells the envelope of the message that it yielded last."""

    STORAGE_PLUGINS = {  # noqa: RUF012
        ".mcap": _EnvelopeMcapReader,
        ".db3": SqliteReader,
    }

    @property
    def envelope(self) -> Envelope | None:
        """The envelope of the message that came last; None where the storage keeps none."""
        return getattr(self.storage, "envelope", None)

    @property
    def first_time(self) -> int:
        """When the first of its messages was recorded, or earlier (ns)."""
        chunks: list[ChunkInfo] = getattr(self.storage, "chunks", [])
        # Of a file without counts rosbags tells another time.
        return min([self.start_time, *(chunk.message_start_time for chunk in chunks)])

    def type_hash(self, connection: Connection) -> str:
        """Return the hash of a topic's type, or ''."""
        channels: Mapping[int, Channel] = getattr(self.storage, "channels", {})
        if connection.digest or connection.id not in channels:
            return connection.digest
        return dict(_pairs(channels[connection.id].metadata)).get(_TYPE_HASH, "")


class _EnvelopeMcapWriter(McapWriter):
    """rosbags' writer of one file, with envelopes, type hashes and the release of ROS."""

    envelope: Envelope | None = None
    ros_distro: str | None = None

    def add_connection(self, connection: Connection, offered_qos_profiles: str) -> None:
        """Announce a topic, with the hash of its type."""
        metadata = {_QOS: offered_qos_profiles, _TYPE_HASH: connection.digest}
        encoding = cast("ConnectionExtRosbag2", connection.ext).serialization_format
        packed = b"".join(_text(word) for pair in metadata.items() for word in pair)
        name = connection.topic
        channel = Channel(connection.id, connection.msgtype, name, encoding, packed)
        self.channels.append(channel)
        self.channel_stats[connection.id] = 0
        write_channel(self.chunk.bio, channel, self.schemas)

    def write(self, connection: Connection, timestamp: int, data: bytes | memoryview) -> None:
        """Write a message in the envelope that was set before."""
        envelope = self.envelope or Envelope(0, timestamp)
        self.message_start_time = min(timestamp, self.message_start_time)
        self.message_end_time = max(timestamp, self.message_end_time)
        self.channel_stats[connection.id] += 1
        chunk = self.chunk
        chunk.message_start_time = min(timestamp, chunk.message_start_time)
        chunk.message_end_time = max(timestamp, chunk.message_end_time)
        chunk.msgs[connection.id].append((timestamp, chunk.bio.tell()))
        start = _MESSAGE_START.pack(
            connection.id, envelope.sequence, timestamp, envelope.publish_time
        )
        chunk.bio.write(_RECORD.pack(_MESSAGE, len(start) + len(data)) + start)
        chunk.bio.write(data)
        if chunk.bio.tell() > _LARGEST_CHUNK:
            self.close_chunk()

    def close(self, version: int, metadata: str) -> None:
        """Write the end, with the release of ROS that the messages are of."""
        if self.ros_distro is not None:
            line = f"ros_distro: {json.dumps(self.ros_distro)}"
            metadata = re.sub(r"^ros_distro: .*$", lambda _: line, metadata, flags=re.M)
        super().close(version, metadata)


class EnvelopeWriter(Writer):
    """rosbags' writer of bags, whose messages have envelopes where they are stored as MCAP."""

    STORAGE_PLUGINS = {**Writer.STORAGE_PLUGINS, StoragePlugin.MCAP: _EnvelopeMcapWriter}  # noqa: RUF012

    def set_ros_distro(self, ros_distro: str | None) -> None:
        """Name the release of ROS that the messages are of; None leaves rosbags' own word."""
        if isinstance(self.storage, _EnvelopeMcapWriter):
            self.storage.ros_distro = ros_distro

    def write_enveloped(
        self,
        connection: Connection,
        log_time: int,
        data: bytes | memoryview,
        envelope: Envelope,
    ) -> None:
        """Write a message with its number and when it was published."""
        if isinstance(self.storage, _EnvelopeMcapWriter):
            self.storage.envelope = envelope
        self.write(connection, log_time, data)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<I", len(encoded)) + encoded


def _pairs(metadata: bytes) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a channel's metadata."""
    texts, place = [], 0
    while place + 4 <= len(metadata):
        (length,) = struct.unpack_from("<I", metadata, place)
        texts.append(metadata[place + 4 : place + 4 + length].decode(errors="replace"))
        place += 4 + length
    yield from zip(texts[::2], texts[1::2], strict=False)
