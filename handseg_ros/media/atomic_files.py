"""Files that are written whole or not at all: under another name first, then renamed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from handseg_ros.segmentation.errors import MediaError

# Devices, pipes and descriptors: nothing is renamed onto these.
_SPECIAL = ("/dev/fd/", "/dev/std", "/proc/")
_LONGEST_STEM = 40


class AtomicFile:
    """A file under a name of its own, `partial`, until `commit()` gives it the wanted one.

    `partial` lies in the same folder and ends in the same suffix. What had the wanted name before
    stays until then, and for ever after `discard()`.
    """

    def __init__(self, path: Path) -> None:
        """Make missing folders; raises MediaError where the file cannot be written."""
        self.path = path
        # a link stays one: what it leads to is replaced
        self._target = Path(os.path.realpath(path)) if path.is_symlink() else path
        is_special = str(path).startswith(_SPECIAL) or (path.exists() and not path.is_file())
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            if path.exists() and not os.access(path, os.W_OK):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise not_written(path, error) from error
        token = secrets.token_hex(4)
        name = f".{self._target.stem[:_LONGEST_STEM]}.{token}.partial{self._target.suffix}"
        self.partial = path if is_special else self._target.with_name(name)

    def commit(self) -> None:
        """Give the file its name; raises MediaError."""
        if self.partial == self.path:
            return
        try:
            if self._target.exists():
                shutil.copymode(self._target, self.partial)
            self.partial.replace(self._target)
        except OSError as error:
            self.discard()
            raise not_written(self.path, error) from error

    def discard(self) -> None:
        """Remove what was written."""
        if self.partial != self.path:
            with suppress(OSError):
                self.partial.unlink()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the name under which to write a file that gets its own when the block ends well.

    An OSError in the block becomes the MediaError of `not_written`.
    """
    file = AtomicFile(path)
    try:
        yield file.partial
    except OSError as error:
        file.discard()
        raise not_written(path, error) from error
    except BaseException:
        file.discard()
        raise
    file.commit()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; folders that are missing are made. Raises MediaError."""
    with replacing(path) as partial:
        partial.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 as `write_bytes` does; raises MediaError.

    Of a name that is not UTF-8 the bytes that are not are written as JSON would: `\\udce9`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def not_written(path: Path, error: OSError) -> MediaError:
    """Return the error to raise for a file that the system does not let be written."""
    return MediaError(
        f"'{path}' cannot be written, {error.strerror}: choose a folder you may write to, "
        "with space for it"
    )
