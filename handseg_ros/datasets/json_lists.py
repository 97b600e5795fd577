"""Lists of a large JSON file, an item at a time, so that memory holds one item and no file.

The items are found by the standard library's own decoder, which is given more text until it can
read one. Libraries for that (ijson) read numbers as decimals and want a pass for each list.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_CHUNK = 1 << 20
# What stands behind a part of a number, as the decoder takes one: nothing, or the next part of it.
_GOES_ON = ("", ".", "e", "E")


class NoListError(ValueError):
    """A file holds JSON, but something else than a list."""


def list_items(path: Path, chunk: int = _CHUNK) -> Iterator[Any]:
    """Yield the items of the list that a file holds; `chunk` characters are read at a time.

    Raises OSError, ValueError and RecursionError as json.loads does for what is no JSON, and
    NoListError for what is no list.
    """
    with _opened(path, chunk) as text:
        if text.peek() != "[":
            text.value()
            text.expect_end()
            raise NoListError("it is no list")
        for _ in text.between("[", "]"):
            yield text.value()
        text.expect_end()


class JsonLists:
    """The object that a file holds: `lists` are the names of those of its values that are lists.

    Names and lists are known once all items were read. `chunk` characters are read at a time.
    """

    def __init__(self, path: Path, chunk: int = _CHUNK) -> None:
        self._path, self._chunk = path, chunk
        self.is_object = False
        self.lists: set[str] = set()

    def items(self, wanted: Collection[str]) -> Iterator[tuple[str, Any]]:
        """Yield the items of some lists, each with the list's name, in the file's order.

        Raises OSError, ValueError and RecursionError as json.loads does for what is no JSON, and
        ValueError for a list that is there twice.
        """
        with _opened(self._path, self._chunk) as text:
            self.lists.clear()
            self.is_object = text.peek() == "{"
            if self.is_object:
                yield from self._members(text, wanted)
            else:
                text.value()
            text.expect_end()

    def _members(self, text: _Text, wanted: Collection[str]) -> Iterator[tuple[str, Any]]:
        for _ in text.between("{", "}"):
            name = text.value()
            if not isinstance(name, str):
                raise ValueError("a name is no text")
            text.expect(":")
            if text.peek() != "[":
                text.value()
                continue
            if name in self.lists and name in wanted:
                raise ValueError(f"'{name}' is there twice")
            self.lists.add(name)
            for _ in text.between("[", "]"):
                item = text.value()
                if name in wanted:
                    yield name, item


@contextmanager
def _opened(path: Path, chunk: int) -> Iterator[_Text]:
    with path.open("rb") as file:
        encoding = json.detect_encoding(file.read(4))
    with path.open(encoding=encoding, errors="surrogatepass", newline="") as file:
        yield _Text(file, chunk)


class _Text:
    """What is not read yet of a file; more of it is taken when it is needed."""

    def __init__(self, file: TextIO, chunk: int) -> None:
        self._file, self._chunk = file, chunk
        self._text, self._place = "", 0
        self._passed = 0

    def peek(self) -> str:
        """Return the next character that is no space, '' at the end."""
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Pass by a character; raises ValueError for another one."""
        if self.peek() != character:
            raise ValueError(f"'{character}' is missing at character {self._passed + self._place}")
        self._place += 1

    def expect_end(self) -> None:
        """Raise ValueError where anything but space is left."""
        if self.peek():
            raise ValueError("there is more after its end")

    def between(self, begin: str, end: str) -> Iterator[None]:
        """Yield once for each element from `begin` to `end`, with commas between them."""
        self.expect(begin)
        if self.peek() != end:
            yield
            while self.peek() == ",":
                self._place += 1
                yield
        self.expect(end)

    def value(self) -> Any:
        """Return the next value; raises ValueError where there is none."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._place)
                # A number may go on where the text ends: 1 of 12, 1 of 1.5, 1 of 1e-5.
                if self._text[end : end + 1] not in _GOES_ON or not self._more():
                    self._place = end
                    return value
            except json.JSONDecodeError as error:
                place = self._passed + error.pos
                if not self._more():
                    raise ValueError(f"{error.msg} at character {place}") from error

    def _more(self) -> bool:
        """Take as much text as there is left, at least: a long value is not begun too often."""
        rest = self._text[self._place :]
        more = self._file.read(max(self._chunk, len(rest)))
        self._passed += self._place
        self._text, self._place = rest + more, 0
        return bool(more)
