"""SQLite storage files read by rosbags, whatever their path and the definitions in them.

Paths: https://www.sqlite.org/uri.html, 3.1. The tables are those of rosbag2's SQLite storage.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rosbags.interfaces import (
    Connection,
    ConnectionExtRosbag2,
    MessageDefinition,
    MessageDefinitionFormat,
)
from rosbags.rosbag2 import ReaderError
from rosbags.rosbag2.metadata import ReaderMetadata, parse_qos
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader

_ESCAPED = str.maketrans({"%": "%25", "?": "%3f", "#": "%23"})
_FORMATS = {"ros2msg": MessageDefinitionFormat.MSG, "ros2idl": MessageDefinitionFormat.IDL}
_UNDEFINED = MessageDefinition(MessageDefinitionFormat.NONE, "")


def path_in_uri(path: Path) -> str:
    """Return a path as it stands in a URI that SQLite opens."""
    return str(path).translate(_ESCAPED)


class SqliteReader(Sqlite3Reader):
    """rosbags' reader of a database; a type whose recorder had no definition is undefined."""

    def __init__(self, path: Path) -> None:
        """Take the database's path, which rosbags puts into a URI as it is given."""
        super().__init__(Path(path_in_uri(path)))

    def _open(self) -> None:
        """Read topics and counts; raises ReaderError for a database of something else.

        rosbags' own gives up at a definition in an encoding that it does not know, and rosbag2
        writes those: `unknown`, or none.
        """
        topics, messages = self._columns("topics"), self._columns("messages")
        if not topics or not messages:
            raise ReaderError(f"Database {self.path} has no table of topics or messages.")
        counts = dict(self._rows("SELECT topic_id, count(*) FROM messages GROUP BY topic_id"))
        self.connections = list(self._connections(topics, counts))
        ((first, last),) = self._rows("SELECT min(timestamp), max(timestamp) FROM messages")
        is_empty = first is None
        self.metadata = ReaderMetadata(
            duration=0 if is_empty else last - first + 1,
            start_time=2**63 - 1 if is_empty else first,
            end_time=0 if is_empty else last + 1,
            message_count=sum(counts.values()),
            compression_format=None,
            compression_mode=None,
            ros_distro=self._ros_distro(),
            custom=None,
        )

    def _connections(self, columns: set[str], counts: dict[int, int]) -> Iterator[Connection]:
        """Yield the topics; older releases wrote no quality of service, and no hashes of types."""
        definitions = dict(self._definitions())
        qos, digest = (
            name if name in columns else "''"
            for name in ("offered_qos_profiles", "type_description_hash")
        )
        rows = f"SELECT id, name, type, serialization_format, {qos}, {digest} FROM topics"
        for number, name, msgtype, encoding, profiles, type_hash in self._rows(rows):
            yield Connection(
                number,
                name,
                msgtype,
                definitions.get(msgtype, _UNDEFINED),
                type_hash,
                counts.get(number, 0),
                ConnectionExtRosbag2(encoding, parse_qos(profiles)),
                self,
            )

    def _definitions(self) -> Iterator[tuple[str, MessageDefinition]]:
        if self._columns("message_definitions"):
            columns = "topic_type, encoding, encoded_message_definition"
            for msgtype, encoding, text in self._rows(f"SELECT {columns} FROM message_definitions"):
                if encoding in _FORMATS:
                    yield msgtype, MessageDefinition(_FORMATS[encoding], text)

    def _ros_distro(self) -> str | None:
        """Return the release of ROS that recorded; None in files of older ones."""
        if "ros_distro" not in self._columns("schema"):
            return None
        return next((str(name) for (name,) in self._rows("SELECT ros_distro FROM schema")), None)

    def _columns(self, table: str) -> set[str]:
        """Return the names of a table's columns; none where there is no such table."""
        return {str(row[1]) for row in self._rows(f"PRAGMA table_info({table})")}

    def _rows(self, query: str) -> Iterator[Any]:
        assert self.dbconn is not None, "it is open"
        yield from self.dbconn.execute(query)
