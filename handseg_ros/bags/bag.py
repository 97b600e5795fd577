"""A recording, opened: which topics it has, and their messages in the order they were recorded."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import errno
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from backports import zstd
from rosbags.interfaces import Connection

from handseg_ros.bags.bag_format import METADATA, STORAGES, is_storage
from handseg_ros.bags.mcap_envelopes import Envelope, EnvelopeReader
from handseg_ros.bags.mcap_metadata import custom_data
from handseg_ros.bags.storage_file import open_file, ros_distro_of
from handseg_ros.image_messages.layout import LARGEST_SIDE
from handseg_ros.media.sources import natural_order
from handseg_ros.segmentation.errors import MediaError

_ZSTD = b"\x28\xb5\x2f\xfd"
_NO_SPACE = (errno.EDQUOT, errno.EFBIG, errno.ENOSPC)
# The largest image that is read, with four channels of 16 bits, and what stands around it.
LARGEST_MESSAGE = LARGEST_SIDE * LARGEST_SIDE * 8 + 2**16


@dataclass(frozen=True)
class BagTopic:
    """One topic: its name, its type as `sensor_msgs/msg/Image`, and how many messages it has.

    `connection` is what rosbags knows of it: definition, hash, quality of service.
    """

    name: str
    msgtype: str
    count: int
    connection: Connection


@dataclass(frozen=True)
class Recorded:
    """One message as it lies in the bag; `log_time` is when it was recorded, in nanoseconds.

    `envelope` has its number and when it was published, None where the bag does not keep those.
    """

    topic: BagTopic
    log_time: int
    data: bytes
    envelope: Envelope | None = None


class Bag:
    """A rosbag2: a folder as rosbag2 writes it, or one of its storage files.

    `damage` grows while messages are read: one sentence for each part that could not be; `remarks`
    has one for what was done to images that a person should know. `custom` is what the recording's
    metadata say of it, and `ros_distro` the release of ROS that it is of, if it says so. To be used
    in a `with` block.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a bag; raises MediaError when there is none, or nothing of it can be read."""
        self.path = Path(path).expanduser()
        self.damage: list[str] = []
        self.remarks: list[str] = []
        self._closing = ExitStack()
        try:
            self._readers = self._open()
        except BaseException:
            self.close()
            raise
        self.custom: Mapping[str, str] = self._custom()
        self.ros_distro: str | None = self._ros_distro()
        self.topics: Mapping[str, BagTopic] = self._topics()

    def __enter__(self) -> Bag:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name of the folder or file, without its path."""
        return self.path.resolve().name

    def close(self) -> None:
        """Let the files go."""
        self._closing.close()

    def messages(self, topics: Collection[str] | None = None) -> Iterator[Recorded]:
        """Yield the messages of some topics, or of all, in the order they were recorded."""
        for reader in self._readers:
            wanted = [item for item in reader.connections if topics is None or item.topic in topics]
            if wanted:
                yield from self._messages_of(reader, wanted)

    def _messages_of(self, reader: EnvelopeReader, wanted: list[Connection]) -> Iterator[Recorded]:
        messages = reader.messages(wanted)
        while True:
            try:
                connection, log_time, data = next(messages)
            except StopIteration:
                return
            except Exception as error:  # whatever the storage and its compression trip over
                name = Path(str(reader.path)).name
                sentence = f"'{name}' is damaged and cannot be read on: {one_line(error)}"
                # Who reads twice, trips twice.
                if sentence not in self.damage:
                    self.damage.append(sentence)
                return
            # Without its metadata a bag does not tell that its messages are packed one by one; a
            # message itself starts with a zero byte (CDR).
            if data.startswith(_ZSTD):
                data = _unpacked(data)
            yield Recorded(self.topics[connection.topic], log_time, data, reader.envelope)

    def _open(self) -> list[EnvelopeReader]:
        if not self.path.exists():
            raise MediaError(f"the bag '{self.path}' does not exist: check its name")
        if not (self.path / METADATA).exists():
            return self._open_files()
        try:
            reader = EnvelopeReader(self.path)
            reader.open()
        except Exception as error:  # whatever its metadata or the files that they name hold
            readers = self._open_files()
            if not self.damage:
                self.damage.append(f"'{self.name}' is not whole: {one_line(error)}")
            return readers
        self._closing.callback(reader.close)
        return [reader]

    def _open_files(self) -> list[EnvelopeReader]:
        """Open what there is, file by file, without the metadata."""
        readers = []
        for file in self._files():
            try:
                opened = open_file(file, self._closing)
            except Exception as error:  # whatever the storage trips over
                if isinstance(error, OSError) and error.errno in _NO_SPACE:
                    raise MediaError(
                        f"'{file}' cannot be unpacked, {error.strerror}: let TMPDIR name a folder "
                        "with space for all of it"
                    ) from error
                self.damage.append(f"'{file.name}' cannot be read: {one_line(error)}")
            else:
                readers.append(opened.reader)
                self.damage += opened.damage
        if not readers:
            raise MediaError(
                f"nothing of the bag '{self.path}' can be read ({'; '.join(self.damage)}): copy "
                "it again, or record it again"
            )
        return readers

    def _files(self) -> list[Path]:
        files = [self.path]
        if self.path.is_dir():
            files = sorted(self.path.iterdir(), key=natural_order)
        storages = [file for file in files if is_storage(file)]
        if not storages:
            raise MediaError(
                f"'{self.path}' is no bag of ROS 2: give a folder that rosbag2 wrote, or a file "
                f"ending in {' or '.join(STORAGES)}"
            )
        return storages

    def _custom(self) -> Mapping[str, str]:
        told = self._readers[0].storage.metadata.custom
        return custom_data(self.path) if told is None and self.path.is_file() else told or {}

    def _ros_distro(self) -> str | None:
        told = self._readers[0].storage.metadata.ros_distro
        if told is not None or not self.path.is_file():
            return told
        return ros_distro_of(self.path)

    def _topics(self) -> dict[str, BagTopic]:
        topics: dict[str, BagTopic] = {}
        for reader in self._readers:
            for item in reader.connections:
                before = topics[item.topic].count if item.topic in topics else 0
                told = item._replace(digest=reader.type_hash(item))
                topics[item.topic] = BagTopic(
                    item.topic, item.msgtype, before + item.msgcount, told
                )
        return topics


def _unpacked(data: bytes) -> bytes:
    """Return a message that was packed alone; one that is damaged or unfolds to too much stays so.

    Who reads it finds out: packed bytes are no message.
    """
    unpacker = zstd.ZstdDecompressor()
    with suppress(zstd.ZstdError):
        if (zstd.get_frame_info(data).decompressed_size or 0) <= LARGEST_MESSAGE:
            message = unpacker.decompress(data, LARGEST_MESSAGE)  # not every frame tells its size
            if unpacker.eof:
                return message
    return data


def one_line(error: Any) -> str:
    """Return what an error says as part of a sentence, with files' names in place of their paths.

    What was skipped is part of scores, which must not differ from one machine to the next.
    """
    text = re.sub(r"(?:/[^/\s'\"]+)*/(?=[^/\s])", "", " ".join(str(error).split()))
    return text.rstrip(".") or type(error).__name__
