"""Every member of a data set once and in order, into the folder of the conversion."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tqdm import tqdm

from handseg_ros.datasets.conversion.folder import (
    IMAGE,
    NAME,
    SKIPPED,
    ConversionFolder,
    Line,
    picture_path,
)
from handseg_ros.datasets.conversion.member import SourceSet
from handseg_ros.datasets.conversion.reading import (
    ANNOTATIONS,
    NOTES,
    ConvertedMember,
    skipped_member,
)
from handseg_ros.datasets.conversion.recordings import recording_of
from handseg_ros.datasets.frames import Skipped

# So many different reasons and notes are counted, so that memory has a limit.
_MOST_REASONS = 100


# Yields things until a stop is asked for, in the middle of none.
UntilStopped = Callable[[Iterable[ConvertedMember]], Iterator[ConvertedMember]]
# Given the lines of the members that are done: reads the others, in order.
ReadMembers = Callable[[Iterator[Line]], Iterator[ConvertedMember]]


@dataclass
class ConversionCounts:
    """What became of the members: counts, and the reasons of those that were skipped.

    `boxes` are annotations without a mask. `reasons` and `notes` have the first member of each
    and their number.
    """

    pictures: int = 0
    annotations: int = 0
    boxes: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    first: Skipped | None = None

    @property
    def members(self) -> int:
        """Members that are done."""
        return self.pictures + self.skipped

    def add(self, line: Mapping[str, Any]) -> None:
        """Count a member that is done."""
        if IMAGE in line:
            self.pictures += 1
            self.annotations += len(line[ANNOTATIONS])
            self.boxes += sum(not item["segmentation"] for item in line[ANNOTATIONS])
        else:
            self.skipped += 1
            self.first = self.first or Skipped(line[NAME], line[SKIPPED])
            _count(self.reasons, [line[SKIPPED]])
        _count(self.notes, line.get(NOTES, ()))


def _count(counter: Counter[str], texts: Iterable[str]) -> None:
    counter.update(text for text in texts if text in counter or len(counter) < _MOST_REASONS)


def convert(
    source: SourceSet, folder: ConversionFolder, until_stopped: UntilStopped, read: ReadMembers
) -> ConversionCounts:
    """Convert the members that the folder does not have yet, with a progress bar.

    `read` reads them, in this process or by workers. Raises whatever reading raises, and writing;
    what is done then stays in the folder.
    """
    counts = ConversionCounts()
    with _Bar(source) as bar:

        def note(line: Line) -> Line:
            counts.add(line)
            bar.update(line)
            return line

        for member in until_stopped(read(map(note, folder.lines()))):
            line = put(member, folder)
            folder.append(line)
            note(line)
    return counts


def put(member: ConvertedMember, folder: ConversionFolder) -> dict[str, Any]:
    """Put a member's picture into the folder, and return its line; raises MediaError."""
    name, picture = member.line[NAME], member.picture
    if picture is None or folder.add_picture(picture_path(name, picture), picture):
        return member.line
    return skipped_member(name, "another picture of the set has its name").line


class _Bar:
    """Shows how many members are done, and of recordings, whose lengths nobody knows, are begun."""

    def __init__(self, source: SourceSet) -> None:
        self._counts_recordings, self._recording = bool(source.recordings), ""
        unit = "recording" if self._counts_recordings else "picture"
        self._bar = tqdm(total=len(source.recordings) or source.length, unit=unit)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def update(self, line: Line) -> None:
        """Take a member that is done."""
        if not self._counts_recordings:
            self._bar.update()
        elif (own := recording_of(line)) != self._recording:
            self._recording = own
            self._bar.update()
