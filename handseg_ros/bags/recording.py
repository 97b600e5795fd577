"""A new bag: one MCAP file that explains its own messages."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, cast

from rosbags.interfaces import Connection, ConnectionExtRosbag2
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin

from handseg_ros.bags.bag import BagTopic, Recorded
from handseg_ros.bags.definitions import is_defined, known_types, types_of
from handseg_ros.bags.mcap_envelopes import Envelope, EnvelopeWriter
from handseg_ros.media.atomic_files import not_written
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.user_path import user_path

SUFFIX = ".mcap"
# Quality of service is written as in this version of rosbag2's format, which all releases read.
_VERSION: Literal[8] = 8
# The word of a recording's metadata that tells how its answers were made.
MADE_BY = "handseg_ros"
# For a type that nobody defines: rosbags asks for a hash, and rosbag2 plays by the type's name.
_NO_HASH = "RIHS01_" + "0" * 64


class McapRecording:
    """Writes messages to an MCAP file; it appears under its name once it is complete.

    Its chunks are packed (zstd) as rosbag2 does, and every topic's definition is in it. To be used
    in a `with` block: when that ends by an error nothing is left behind, and what had the name
    before stays.
    """

    def __init__(self, path: str | Path) -> None:
        """Begin; raises MediaError for another suffix, or where nothing may be written."""
        self.path = user_path(path)
        if self.path.suffix != SUFFIX:
            raise MediaError(f"'{self.path}' is no name of an MCAP file: end it in {SUFFIX}")
        with _explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._folder = Path(
                tempfile.mkdtemp(prefix=f".{self.path.stem}_", dir=self.path.parent)
            )
        # rosbags writes a folder with a file of the same name in it.
        self._writer = EnvelopeWriter(
            self._folder / self.path.stem, version=_VERSION, storage_plugin=StoragePlugin.MCAP
        )
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._writer.open()
        self._connections: dict[str, Connection] = {}
        self._numbers: dict[str, int] = {}

    def __enter__(self) -> McapRecording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                with _explained(self.path):
                    self._writer.close()
                    (self._folder / self.path.stem / self.path.name).replace(self.path)
            else:
                self._writer.abort()
        finally:
            shutil.rmtree(self._folder)

    def set_custom(self, custom: Mapping[str, str]) -> None:
        """Put words into the recording's metadata."""
        for key, value in custom.items():
            self._writer.set_custom_data(key, value)

    def set_ros_distro(self, ros_distro: str | None) -> None:
        """Name the release of ROS that most messages are of, None where nobody knows."""
        self._writer.set_ros_distro(ros_distro)

    def carry_over(self, topic: BagTopic) -> bool:
        """Announce a topic of another bag as it was; returns whether its type is defined."""
        definition, type_hash = _definition(topic.connection)
        extension = cast("ConnectionExtRosbag2", topic.connection.ext)
        self._connections[topic.name] = self._writer.add_connection(
            topic.name,
            topic.msgtype,
            msgdef=definition,
            rihs01=type_hash,
            serialization_format=extension.serialization_format,
            offered_qos_profiles=extension.offered_qos_profiles,
        )
        return bool(definition)

    def announce(self, name: str, msgtype: str) -> None:
        """Announce a topic of a known type; raises MediaError when there is one of its name."""
        if name in self._connections:
            raise MediaError(
                f"the bag has a topic '{name}' already: choose another name for what is added, "
                "with --namespace"
            )
        self._connections[name] = self._writer.add_connection(
            name, msgtype, typestore=known_types()
        )

    def write(self, topic: str, log_time: int, data: bytes | memoryview) -> None:
        """Write the bytes (CDR) of an announced topic's message, recorded at `log_time` (ns).

        Messages of a topic are numbered from 1, as a publisher's are.
        """
        number = self._numbers[topic] = self._numbers.get(topic, 0) + 1
        self._write(topic, log_time, data, Envelope(number, log_time))

    def copy(self, recorded: Recorded) -> None:
        """Write a message of another bag, whose topic was carried over, as it was."""
        unknown = Envelope(0, recorded.log_time)
        self._write(
            recorded.topic.name, recorded.log_time, recorded.data, recorded.envelope or unknown
        )

    def _write(
        self, topic: str, log_time: int, data: bytes | memoryview, envelope: Envelope
    ) -> None:
        with _explained(self.path):
            self._writer.write_enveloped(self._connections[topic], log_time, data, envelope)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise not_written(path, error) from error


def _definition(connection: Connection) -> tuple[str, str]:
    """Return a type's definition and hash; no definition where nobody has it."""
    known = known_types()
    if is_defined(connection):
        return connection.msgdef.data, connection.digest or _hash(connection)
    if connection.msgtype in known.fielddefs:
        definition, _ = known.generate_msgdef(connection.msgtype, ros_version=2)
        return definition, connection.digest or known.hash_rihs01(connection.msgtype)
    return "", connection.digest or _NO_HASH


def _hash(connection: Connection) -> str:
    try:
        return types_of(connection).hash_rihs01(connection.msgtype)
    except MediaError:  # a definition that rosbags cannot parse is carried over all the same
        return _NO_HASH
