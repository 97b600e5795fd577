"""Several recordings as one set: each is read from its begin on, whatever becomes of the others.

The pictures of a bag or a video can only be read one after the other, so nobody knows their names
before. A member's name begins with its recording's, by which it is told what is done of a set.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from handseg_ros.datasets.conversion.folder import NAME, Line
from handseg_ros.datasets.conversion.member import ConvertedFrame, Member, Recording, SourceSet
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError


@dataclass(frozen=True)
class RecordingLeft:
    """A recording by its number in the set, and how many of its members are done.

    `last` is the name of the last one that is, None for none.
    """

    number: int
    done: int = 0
    last: str | None = None


def joined_recordings(title: str, recordings: Sequence[Recording]) -> SourceSet:
    """Return recordings as one set; raises MediaError for two of one name."""
    names = [item.name for item in recordings]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise MediaError(
            f"two of the recordings are named '{twice}', and their pictures could not be told "
            "apart: rename one of them"
        )
    whole = tuple(recordings)

    def members() -> Iterator[Member]:
        for number in range(len(whole)):
            yield from members_left(whole, RecordingLeft(number))

    return SourceSet(title, None, members, is_listed=False, recordings=whole)


def recordings_left(recordings: Sequence[Recording], done: Iterable[Line]) -> list[RecordingLeft]:
    """Return what is left behind the members that are done, told by their lines in order.

    Raises MediaError for lines of other recordings.
    """
    names = [item.name for item in recordings]
    left = RecordingLeft(0)
    for line in done:
        own = recording_of(line)
        # A recording without a member leaves no line.
        number = next((k for k in range(left.number, len(names)) if names[k] == own), None)
        if number is None:
            raise changed(line[NAME], None)
        count = left.done if number == left.number else 0
        left = RecordingLeft(number, count + 1, line[NAME])
    return [left, *map(RecordingLeft, range(left.number + 1, len(names)))]


def members_left(recordings: Sequence[Recording], left: RecordingLeft) -> Iterator[Member]:
    """Yield the members of a recording that are left; raises MediaError where it has changed."""
    members = _members(recordings[left.number])
    passed = deque(islice(members, left.done), maxlen=1)
    if left.last is not None and [member.name for member in passed] != [left.last]:
        raise changed(left.last, passed[0] if passed else None)
    del passed
    yield from members


def recording_of(line: Line) -> str:
    """Return the name of the recording that a line's member is of."""
    return str(line[NAME]).partition("/")[0]


def changed(name: str, member: Member | None) -> MediaError:
    """Return the error to raise for a set with another member in the place of one that is done."""
    own = "nothing" if member is None else f"'{member.name}'"
    return MediaError(
        f"'{name}' was converted before, but the set has {own} in its place: convert the changed "
        "set into a new folder"
    )


def _members(recording: Recording) -> Iterator[Member]:
    """Yield a recording's members; one that cannot be read is a member that cannot be used."""
    try:
        for member in recording.open().members():
            yield Member(_within(recording.name, member.name), member.read)
    except MediaError as error:
        yield Member(recording.name, partial(_refuse, f"its recording cannot be used: {error}"))


def _within(recording: str, name: str) -> str:
    is_within = name == recording or name.startswith(f"{recording}/")
    return name if is_within else f"{recording}/{name}"


def _refuse(reason: str) -> ConvertedFrame:
    raise UnusableError(reason)
