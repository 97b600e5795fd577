"""The log beside a SQLite storage file, with what a recorder wrote last before it was killed.

rosbag2 keeps one with its preset `resilient`, and SQLite puts it into the database when the
recorder ends: https://www.sqlite.org/wal.html
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def log_beside(database: Path) -> Path | None:
    """Return the log of a database; None where there is none, or nothing in it."""
    log = database.with_name(f"{database.name}-wal")
    return log if log.is_file() and log.stat().st_size else None


def copy_with_log(database: Path, log: Path, folder: Path) -> Path:
    """Write a database to `folder` with what its log holds, and return it; the originals stay.

    Raises OSError for want of space, and sqlite3.DatabaseError for what is no database.
    """
    copied = folder / database.name
    shutil.copyfile(database, copied)
    shutil.copyfile(log, folder / log.name)
    try:
        with closing(sqlite3.connect(copied)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:  # while writing: what it reads is a DatabaseError
        raise OSError(errno.ENOSPC, str(error)) from error
    return copied
