"""Labelled sets whose frames are files, listed at the start and read one by one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from handseg_ros.datasets.frames import LabelledFrame, SkipCause, Skipped
from handseg_ros.segmentation.errors import MediaError


class UnusableError(Exception):
    """A frame cannot be used; its text is the reason as half a sentence, without a path."""

    def __init__(self, reason: str, cause: SkipCause = SkipCause.LABEL) -> None:
        super().__init__(reason)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame that is not read yet; `read` raises UnusableError."""

    name: str
    read: Callable[[], LabelledFrame]


class LazyFrames:
    """A `Dataset` of entries, read in their order; what is unusable is skipped and noted."""

    def __init__(
        self, title: str, entries: Sequence[Entry], skipped: Sequence[Skipped] = ()
    ) -> None:
        """Take frames, and what is known from the start to be unusable.

        Raises MediaError for no frames, or two of one name.
        """
        self.title = title
        self.length: int | None = len(entries)
        self.skipped = list(skipped)
        self._entries = tuple(entries)
        self._known_skipped = tuple(skipped)
        self.names: Sequence[str] = [entry.name for entry in entries]
        names = self.names
        if not names:
            raise MediaError(f"'{title}' has no frames: it needs pictures, see docs/evaluation.md")
        if len(set(names)) < len(names):
            twice = Counter(names).most_common(1)[0][0]
            raise MediaError(f"'{title}' has two frames named '{twice}': rename one of them")

    def __iter__(self) -> Iterator[LabelledFrame]:
        self.skipped[:] = self._known_skipped
        for entry in self._entries:
            try:
                frame = entry.read()
            except UnusableError as error:
                self.skipped.append(Skipped(entry.name, str(error), error.cause))
            else:
                yield frame

    def part(self, start: int, stop: int) -> LazyFrames:
        """Return the entries from one number to before another, as a set of their own.

        What is known from the start to be unusable goes with the first entry.
        """
        known = self._known_skipped if start == 0 else ()
        return LazyFrames(self.title, self._entries[start:stop], known)

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order; nothing else is read."""
        for entry in self._entries:
            if entry.name in names:
                yield entry.read()
