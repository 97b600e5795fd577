"""A recording, opened: which topics it has, and their messages in the order they were recorded."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import errno
import heapq
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any

from backports import zstd
from rosbags.interfaces import Connection, MessageDefinitionFormat

from handseg_ros.bags.bag_format import METADATA, PACKED, STORAGES, is_storage
from handseg_ros.bags.bag_metadata import BagMetadata, RecordingWords, read_bag_metadata
from handseg_ros.bags.mcap_envelopes import Envelope, EnvelopeReader
from handseg_ros.bags.mcap_metadata import recorded_words
from handseg_ros.bags.storage_file import open_file
from handseg_ros.image_messages.layout import LARGEST_SIDE
from handseg_ros.media.sources import natural_order
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.user_path import user_path

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
    has one for each thing left out or done to images that a person should know. `custom` is what
    the recording's metadata say of it, and `ros_distro` the release of ROS, if they say so. To
    be used in a `with` block.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a bag; raises MediaError when there is none, or nothing of it can be read."""
        self.path = user_path(path)
        self.damage: list[str] = []
        self.remarks: list[str] = []
        self._closing = ExitStack()
        self._broke_off = False
        try:
            told = self._metadata()
            self._readers = self._open(self._files() if told is None else told.files)
        except BaseException:
            self.close()
            raise
        words = self._words() if told is None else told.words
        self.custom: Mapping[str, str] = words.custom
        self.ros_distro: str | None = words.ros_distro
        self.topics: Mapping[str, BagTopic] = self._topics(() if told is None else told.topics)

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
        """Yield the messages of some topics, or of all, in the order they were recorded.

        That holds across files, too, whose times may overlap.
        """
        names = set(self.topics).intersection(self.topics if topics is None else topics)
        streams = [self._with_times(reader, names) for reader in self._readers]
        found = Counter[str]()
        for _, recorded in heapq.merge(*streams, key=itemgetter(0)):
            if recorded is not None:
                found[recorded.topic.name] += 1
                yield recorded
        if not self._broke_off:
            for topic in self.topics.values():
                if topic.name in names and found[topic.name] < topic.count:
                    self._tell_damage(_missing(topic, found[topic.name]))

    def _with_times(
        self, reader: EnvelopeReader, names: Collection[str]
    ) -> Iterator[tuple[int, Recorded | None]]:
        wanted = [item for item in reader.connections if item.topic in names]
        if wanted:
            # First where it begins, so that nothing is read of a file whose time has not come.
            yield reader.first_time, None
            for recorded in self._messages_of(reader, wanted):
                yield recorded.log_time, recorded

    def _messages_of(self, reader: EnvelopeReader, wanted: list[Connection]) -> Iterator[Recorded]:
        messages = reader.messages(wanted)
        while True:
            try:
                connection, log_time, data = next(messages)
            except StopIteration:
                return
            except Exception as error:  # whatever the storage and its compression trip over
                name = Path(str(reader.path)).name
                self._broke_off = True
                self._tell_damage(f"'{name}' is damaged and cannot be read on: {one_line(error)}")
                return
            # Of a bag whose messages are packed one by one; a message itself starts with a zero
            # byte (CDR).
            if data.startswith(_ZSTD):
                data = _unpacked(data)
            yield Recorded(self.topics[connection.topic], log_time, data, reader.envelope)

    def _tell_damage(self, sentence: str) -> None:
        # Who reads twice, trips twice.
        if sentence not in self.damage:
            self.damage.append(sentence)

    def _metadata(self) -> BagMetadata | None:
        """Return what the bag's metadata say; None where there are none that can be used."""
        if not self.path.exists():
            raise MediaError(f"the bag '{self.path}' does not exist: check its name")
        if not (self.path / METADATA).exists():
            return None
        try:
            return read_bag_metadata(self.path)
        except (OSError, ValueError) as error:
            self._tell_damage(f"'{self.name}' is not whole: {one_line(error)}")
            return None

    def _open(self, files: Sequence[Path]) -> list[EnvelopeReader]:
        readers = []
        for file in files:
            try:
                opened = open_file(file, self._closing)
            except Exception as error:  # whatever the storage trips over
                if isinstance(error, OSError) and error.errno in _NO_SPACE:
                    needed = "unpacked" if file.suffix == PACKED else "copied"
                    raise MediaError(
                        f"'{file}' cannot be {needed}, {error.strerror}: let TMPDIR name a folder "
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
        return [file for file in storages if not self._is_twin(file, storages)]

    def _is_twin(self, file: Path, storages: Sequence[Path]) -> bool:
        """Return whether a file is a packed one whose unpacked one is read, and remark it."""
        unpacked = file.with_suffix("")
        is_twin = file.suffix == PACKED and unpacked in storages
        if is_twin:
            self.remarks.append(f"'{file.name}' is left out, as '{unpacked.name}' is beside it")
        return is_twin

    def _words(self) -> RecordingWords:
        """Return what the first file says of the recording."""
        told = recorded_words(self.path) if self.path.is_file() else RecordingWords({})
        ros_distro = told.ros_distro or self._readers[0].storage.metadata.ros_distro
        return replace(told, ros_distro=ros_distro)

    def _topics(self, told: Sequence[Connection]) -> dict[str, BagTopic]:
        """Return the files' topics, and what the metadata say of them, by name."""
        topics: dict[str, BagTopic] = {}
        for reader in self._readers:
            for item in reader.connections:
                before = topics[item.topic].count if item.topic in topics else 0
                known = item._replace(digest=reader.type_hash(item))
                topics[item.topic] = BagTopic(
                    item.topic, item.msgtype, before + item.msgcount, known
                )
        for item in told:
            # Of a damaged bag only what is there counts.
            count = 0 if self.damage else item.msgcount
            found = topics.setdefault(item.topic, BagTopic(item.topic, item.msgtype, count, item))
            if found.msgtype == item.msgtype:
                topics[item.topic] = _as_told(found, item, count)
        return _all_defined(topics)


def _as_told(topic: BagTopic, told: Connection, count: int) -> BagTopic:
    """Return a topic of the files as metadata describe it, which people change for playback."""
    known = topic.connection._replace(ext=told.ext, digest=told.digest or topic.connection.digest)
    return replace(topic, connection=known, count=max(topic.count, count))


def _all_defined(topics: Mapping[str, BagTopic]) -> dict[str, BagTopic]:
    """Return topics with the definition of another one of the same type where they have none."""
    defined = {
        topic.msgtype: topic.connection.msgdef
        for topic in topics.values()
        if topic.connection.msgdef.format is not MessageDefinitionFormat.NONE
    }
    return {
        name: replace(
            topic,
            connection=topic.connection._replace(
                msgdef=defined.get(topic.msgtype, topic.connection.msgdef)
            ),
        )
        for name, topic in topics.items()
    }


def _missing(topic: BagTopic, found: int) -> str:
    return (
        f"{topic.count - found} of the {topic.count} messages of {topic.name} that the bag counts "
        "are not in it"
    )


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
