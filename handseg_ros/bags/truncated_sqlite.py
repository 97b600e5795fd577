"""A truncated SQLite storage file: what is whole of it, in a new file.

The header's fields are those of https://www.sqlite.org/fileformat.html, 1.3: the page size at
byte 16 (uint16, big-endian, 1 for 65536) and the number of pages at byte 28 (uint32).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from handseg_ros.bags.sqlite_reader import path_in_uri

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
# The table that was written to last. Its last row that can be read may end in the pages that are
# missing, which SQLite does not tell, so it is left out.
_GROWING = "messages"


def missing_bytes(path: Path) -> int:
    """Return by how much a database is shorter than its own header says; 0 if it is none."""
    return max(0, _full_size(path) - path.stat().st_size)


def rescue(path: Path, folder: Path) -> Path:
    """Write all rows that can be read of a truncated database to a new one in `folder`.

    Raises sqlite3.Error when not even its tables can be read.
    """
    padded, rescued = folder / f"padded_{path.name}", folder / path.name
    shutil.copyfile(path, padded)
    # SQLite refuses a file that is too short, but not one whose last pages are empty.
    os.truncate(padded, _full_size(path))
    with (
        closing(sqlite3.connect(f"file:{path_in_uri(padded)}?immutable=1", uri=True)) as source,
        closing(sqlite3.connect(rescued)) as target,
    ):
        tables = source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        for name, definition in tables.fetchall():
            target.execute(definition)
            _copy(source, target, name)
        target.commit()
    padded.unlink()
    return rescued


def _full_size(path: Path) -> int:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return 0
    (page,), (pages,) = struct.unpack_from(">H", header, 16), struct.unpack_from(">I", header, 28)
    return int(pages) * (65536 if page == 1 else int(page))


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    # Not by an index, which would name rows that are gone.
    rows = _readable(source.execute(f'SELECT * FROM "{table}" NOT INDEXED ORDER BY rowid'))
    if table == _GROWING:
        rows = (before for before, _ in itertools.pairwise(rows))
    for first in itertools.islice(rows, 1):
        places = ", ".join("?" * len(first))
        target.executemany(
            f'INSERT INTO "{table}" VALUES ({places})', itertools.chain([first], rows)
        )


def _readable(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.DatabaseError):
        yield from rows
