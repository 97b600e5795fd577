"""Members read in this process, those left out that are done, and what becomes of each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from handseg_ros.datasets.coco.records import annotation_record, image_record
from handseg_ros.datasets.conversion.folder import IMAGE, NAME, SKIPPED, Line, picture_path
from handseg_ros.datasets.conversion.member import Member, SourceSet
from handseg_ros.datasets.conversion.recordings import changed, members_left, recordings_left
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError

ANNOTATIONS, NOTES = "annotations", "notes"


@dataclass(frozen=True)
class ConvertedMember:
    """A member that was read: its line, and its picture, None where it was skipped."""

    line: dict[str, Any]
    picture: StoredPicture | None


def read_here(source: SourceSet, name: str, done: Iterable[Line]) -> Iterator[ConvertedMember]:
    """Read in this process the members that come after those that are done, told by their lines.

    `name` is the set's, for pictures that do not tell their own. Raises MediaError where what is
    done is not of the set, and whatever reading raises.
    """
    for member in _left(source, done):
        yield read_member(member, name)


def _left(source: SourceSet, done: Iterable[Line]) -> Iterator[Member]:
    if not source.recordings:
        return members_after(source, done)[1]
    left = recordings_left(source.recordings, done)
    return chain.from_iterable(members_left(source.recordings, item) for item in left)


def members_after(source: SourceSet, done: Iterable[Line]) -> tuple[int, Iterator[Member]]:
    """Return how many members are done, and the others; raises MediaError for another set's."""
    members, count = source.members(), 0
    for line in done:
        count += 1
        member = next(members, None)
        if member is None or member.name != line[NAME]:
            raise changed(line[NAME], member)
    return count, members


def read_member(member: Member, name: str) -> ConvertedMember:
    """Read a member of the set of a name; raises whatever reading raises but UnusableError."""
    try:
        frame = member.read().without_empty_areas()
        annotations = [annotation_record(area) for area in frame.areas]
    except UnusableError as error:
        return skipped_member(member.name, str(error))
    image = image_record(frame, picture_path(member.name, frame.picture), name)
    line = {NAME: member.name, IMAGE: image, ANNOTATIONS: annotations}
    if frame.notes:
        line[NOTES] = list(frame.notes)
    return ConvertedMember(line, frame.picture)


def skipped_member(name: str, reason: str) -> ConvertedMember:
    """Return a member that cannot be used, for a reason as half a sentence."""
    return ConvertedMember({NAME: name, SKIPPED: reason}, None)
