"""Finds out whether what is to be written would take the place of what is to be read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from handseg_ros.segmentation.errors import MediaError

Identity = tuple[int, int] | str


def check_targets(targets: Iterable[Path], sources: Iterable[Path]) -> None:
    """Raise MediaError where a file to be written is a source, or the same as another of them.

    They are compared as the file system knows them: through links of both kinds, and whatever their
    names' capitals.
    """
    read = {_identity(source): source for source in sources}
    written: set[Identity] = set()
    for target in targets:
        identity = _identity(target)
        if identity in read:
            raise overwritten(target, read[identity])
        if identity in written:
            raise MediaError(f"two results would be written to '{target}': give each its own name")
        written.add(identity)


def overwritten(target: Path, source: Path) -> MediaError:
    """Return the error to raise for a source that would be lost."""
    which = "the input" if str(target) == str(source) else f"the input '{source}'"
    return MediaError(f"'{target}' is {which}, which would be overwritten: save somewhere else")


def check_outside(target: Path, source: Path, what: str) -> None:
    """Raise MediaError where a target is a source, or lies in its folder; `what` names that."""
    if is_inside(target, source):
        raise MediaError(
            f"'{target}' is {what} '{source}' or lies in it, where it might be taken for a part of "
            "it: choose a place outside"
        )


def is_same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to the same file or folder, or would."""
    return _identity(one) == _identity(other)


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path is a folder or lies below it, whether it exists or not."""
    real = Path(os.path.realpath(path))
    return any(is_same(part, folder) for part in (real, *real.parents))


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:  # there is none yet: what links lead to is what would be made
        return os.path.realpath(path)
    return found.st_dev, found.st_ino
