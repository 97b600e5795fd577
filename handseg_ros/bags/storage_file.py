"""One storage file of a bag, opened even where it is truncated or packed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from backports import zstd
from rosbags.rosbag2 import ReaderError

from handseg_ros.bags import truncated_mcap, truncated_sqlite
from handseg_ros.bags.bag_format import PACKED
from handseg_ros.bags.mcap_envelopes import EnvelopeReader
from handseg_ros.bags.write_ahead_log import copy_with_log, log_beside


@dataclass(frozen=True)
class OpenedFile:
    """A file that can be read from, and a sentence for each part of it that cannot."""

    reader: EnvelopeReader
    damage: tuple[str, ...]


def open_file(file: Path, closing: ExitStack) -> OpenedFile:
    """Open a storage file until `closing` closes; raises whatever the storage trips over.

    What has to be unpacked or put together again is written to a temporary folder; raises OSError
    where that has no space for it.
    """
    if file.suffix == PACKED:
        unpacked, damage = _unpack(file, closing)
        opened = open_file(unpacked, closing)
        return OpenedFile(opened.reader, (*damage, *opened.damage))
    if file.suffix == ".mcap":
        return _open_mcap(file, closing)
    if log := log_beside(file):
        return _open_with_log(file, log, closing)
    return _open_database(file, closing)


def _open_mcap(file: Path, closing: ExitStack) -> OpenedFile:
    """Open a file that is whole, for which only its end is looked at, or what is whole of it."""
    trouble = "truncated"
    if truncated_mcap.has_end(file):
        try:
            return OpenedFile(_opened(file, closing), ())
        except Exception:  # whatever its index and, where it has none, its records hold
            trouble = "damaged"
    recovered = truncated_mcap.recover(file)
    if recovered is None:
        return OpenedFile(_opened(file, closing), ())  # which tells what it is not
    lost = _lost(file, recovered.lost, trouble)
    if recovered.has_all:
        lost = f"'{file.name}' is {trouble} behind its messages, which are all there"
    return OpenedFile(_opened(recovered, closing), (lost,))


def _open_with_log(file: Path, log: Path, closing: ExitStack) -> OpenedFile:
    """Open a database and what its recorder left in its log; without that if the two do not fit."""
    try:
        return _open_database(copy_with_log(file, log, _folder(closing)), closing)
    except (sqlite3.DatabaseError, ReaderError):  # the database was cut, perhaps
        opened = _open_database(file, closing)
        told = f"'{log.name}' does not fit '{file.name}', and what it held is lost"
        return OpenedFile(opened.reader, (*opened.damage, told))


def _open_database(file: Path, closing: ExitStack) -> OpenedFile:
    if missing := truncated_sqlite.missing_bytes(file):
        rescued = truncated_sqlite.rescue(file, _folder(closing))
        return OpenedFile(_opened(rescued, closing), (_lost(file, missing),))
    return OpenedFile(_opened(file, closing), ())


def _opened(path: Path | truncated_mcap.RecoveredMcap, closing: ExitStack) -> EnvelopeReader:
    reader = EnvelopeReader(path)  # type: ignore[arg-type]  # a recovered file does what is asked of a path
    reader.open()
    closing.callback(reader.close)
    return reader


def _unpack(file: Path, closing: ExitStack) -> tuple[Path, tuple[str, ...]]:
    """Return the unpacked file, as far as it goes."""
    unpacked = _folder(closing) / file.stem
    with zstd.open(file) as source, unpacked.open("wb") as target:
        try:
            shutil.copyfileobj(source, target)
        except (EOFError, zstd.ZstdError) as error:
            return unpacked, (f"'{file.name}' cannot be unpacked to its end: {error}",)
    return unpacked, ()


def _folder(closing: ExitStack) -> Path:
    return Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="handseg_bag_")))


def _lost(file: Path, missing: int, trouble: str = "truncated") -> str:
    """Say it; no bytes are missing of a file that ends where a record does."""
    if not missing:
        return f"'{file.name}' is {trouble}, and what was to follow its last whole record is lost"
    return f"'{file.name}' is {trouble}, and what its last {missing} bytes held is lost"
