"""Folders that are there with all that belongs into them, or not at all."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handseg_ros.media.atomic_files import not_written
from handseg_ros.segmentation.errors import MediaError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder to write into, whose content has the wanted path when the block ends.

    It lies beside the wanted one and gets its name, or in it where that is there and empty: so what
    is a link, a mount point or the working folder stays one. It goes with all that is in it where
    the block ends by an error. Raises MediaError for a path that holds something, or where nothing
    can be written; an OSError in the block becomes a MediaError, too.
    """
    _check_empty(path)
    target = Path(os.path.realpath(path))
    is_there = target.is_dir()
    name = f".{target.name}.{secrets.token_hex(4)}.partial"
    partial = target / name if is_there else target.with_name(name)
    try:
        try:
            partial.mkdir(parents=True)
            yield partial
            if is_there:
                _move_up(partial)
            else:
                _rename(partial, target)
        except OSError as error:
            raise not_written(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _rename(complete: Path, target: Path) -> None:
    if target.exists():
        target.rmdir()
    complete.rename(target)


def _move_up(complete: Path) -> None:
    entries = list(complete.iterdir())
    for entry in entries:
        if os.path.lexists(complete.parent / entry.name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    for entry in entries:
        entry.rename(complete.parent / entry.name)


def _check_empty(path: Path) -> None:
    try:
        holds_something = path.exists() and any(path.iterdir())
    except OSError as error:
        raise MediaError(
            f"'{path}' is no folder that can be read, {error.strerror}: choose a new folder"
        ) from error
    if holds_something:
        raise MediaError(f"'{path}' holds something already: choose a new folder")


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a hidden folder in a folder, for what is not complete yet; it goes with the block.

    What is complete is moved out of it by `replace_with`. Raises MediaError where nothing can be
    written.
    """
    path = parent / f".{secrets.token_hex(4)}.partial"
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise not_written(path, error) from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def replace_with(target: Path, complete: Path) -> None:
    """Give a complete file or folder its name; what had it goes. Raises MediaError.

    A folder that has the name is moved beside the complete one first, and so goes with its scratch
    folder.
    """
    try:
        if target.is_dir():
            target.rename(complete.with_name(f"{complete.name}.before"))
        complete.replace(target)
    except OSError as error:
        raise not_written(target, error) from error
