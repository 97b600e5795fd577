"""A text file written line by line, or the standard output in its place."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import TextIO

from handseg_ros.media.atomic_files import AtomicFile, not_written

STANDARD_OUTPUT = "-"


class TextFile:
    """A file in UTF-8 that gets its name when its `with` block ends, none after an error.

    `-` is the standard output. Lines are written through, for a reader that waits for them. Of a
    name that is not UTF-8 the bytes that are not are written as JSON would: `\\udce9`.
    """

    def __init__(self, name: str) -> None:
        """Begin; raises MediaError where the file cannot be written."""
        self._path = Path(name)
        self._file = None if name == STANDARD_OUTPUT else AtomicFile(self._path)
        self._text: TextIO = sys.stdout
        if self._file is not None:
            try:
                self._text = self._file.partial.open(
                    "w", encoding="utf-8", errors="backslashreplace", newline=""
                )
            except OSError as error:
                raise not_written(self._path, error) from error

    def __enter__(self) -> TextFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        try:
            self._text.close()
        except OSError as trouble:
            self._file.discard()
            if error is None:
                raise not_written(self._path, trouble) from trouble
        if error is None:
            self._file.commit()
        else:
            self._file.discard()

    def write(self, text: str) -> None:
        """Write and flush; raises MediaError, and BrokenPipeError where nobody reads any more."""
        try:
            self._text.write(text)
            self._text.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise not_written(self._path, error) from error
