"""Every member of a data set once and in order, into the folder of the conversion."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from handseg_ros.datasets.coco.records import annotation_record, image_record
from handseg_ros.datasets.conversion.folder import (
    IMAGE,
    NAME,
    SKIPPED,
    ConversionFolder,
    picture_path,
)
from handseg_ros.datasets.conversion.member import Member, SourceSet
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.frames import Skipped
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

ANNOTATIONS, NOTES = "annotations", "notes"
# So many different reasons and notes are counted, so that memory has a limit.
_MOST_REASONS = 100


@dataclass(frozen=True)
class ConvertedMember:
    """A member that was read: its line, and its picture, None where it was skipped."""

    line: dict[str, Any]
    picture: StoredPicture | None


# Yields things until a stop is asked for, in the middle of none.
UntilStopped = Callable[[Iterable[ConvertedMember]], Iterator[ConvertedMember]]
# Reads members, the first of which has this number, in order.
ReadMembers = Callable[[int, Iterator[Member]], Iterator[ConvertedMember]]


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

    `read` reads them, in this process or by workers. Raises MediaError
    where members that are done are not those of the set, and whatever reading raises; what is
    done then stays in the folder.
    """
    counts = ConversionCounts()
    members = source.members()
    with tqdm(total=source.length, unit="picture") as bar:
        for line in folder.lines():
            _check_same(line, next(members, None))
            counts.add(line)
            bar.update()
        for member in until_stopped(read(counts.members, members)):
            line = _put(member, folder)
            folder.append(line)
            counts.add(line)
            bar.update()
    return counts


def read_here(name: str, number: int, members: Iterator[Member]) -> Iterator[ConvertedMember]:
    """Read members in this process; `name` is the set's, for pictures that do not tell their own.

    Raises whatever reading raises.
    """
    return (read_member(member, name) for member in members)


def read_member(member: Member, name: str) -> ConvertedMember:
    """Read a member of the set of a name; raises whatever reading raises but UnusableError."""
    try:
        frame = member.read().without_empty_areas()
        annotations = [annotation_record(area) for area in frame.areas]
    except UnusableError as error:
        return _skipped(member.name, str(error))
    image = image_record(frame, picture_path(member.name, frame.picture), name)
    line = {NAME: member.name, IMAGE: image, ANNOTATIONS: annotations}
    if frame.notes:
        line[NOTES] = list(frame.notes)
    return ConvertedMember(line, frame.picture)


def _skipped(name: str, reason: str) -> ConvertedMember:
    return ConvertedMember({NAME: name, SKIPPED: reason}, None)


def _put(member: ConvertedMember, folder: ConversionFolder) -> dict[str, Any]:
    """Put a member's picture into the folder, and return its line."""
    name, picture = member.line[NAME], member.picture
    if picture is None or folder.add_picture(picture_path(name, picture), picture):
        return member.line
    return _skipped(name, "another picture of the set has its name").line


def _check_same(line: Mapping[str, Any], member: Member | None) -> None:
    if member is None or member.name != line[NAME]:
        own = "nothing" if member is None else f"'{member.name}'"
        raise MediaError(
            f"'{line[NAME]}' was converted before, but the set has {own} in its place: convert "
            "the changed set into a new folder"
        )
