"""Members of a data set, read by several workers, and given back in their order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from handseg_ros.cluster.jobs import Workers
from handseg_ros.datasets.conversion.folder import Line
from handseg_ros.datasets.conversion.member import Member, SourceSet
from handseg_ros.datasets.conversion.reading import ConvertedMember, members_after, read_member
from handseg_ros.segmentation.errors import MediaError

# So many pictures go together: their bytes are in memory, a few times for each worker.
_PICTURES = 16


@dataclass(frozen=True)
class MemberRange:
    """Members that follow each other: the number of the first one, and the names of all."""

    start: int
    names: Sequence[str]


class RangeReader:
    """Has the data set opened, and reads one range of its members after the other."""

    def __init__(self, open_set: Callable[[], SourceSet], name: str) -> None:
        """Take what opens the set, and its name; raises whatever opening it raises."""
        self._source, self._name = open_set(), name
        self._position, self._members = 0, self._source.members()

    def __call__(self, wanted: MemberRange) -> list[ConvertedMember]:
        """Read a range; raises MediaError where the set has other members in its place.

        Ranges come in order but for those of workers that died, so the list of members is gone
        through once.
        """
        if wanted.start < self._position:
            self._position, self._members = 0, self._source.members()
        stop = wanted.start + len(wanted.names)
        members = list(islice(self._members, wanted.start - self._position, stop - self._position))
        self._position = stop
        if [member.name for member in members] != list(wanted.names):
            raise MediaError(
                f"'{self._source.title}' has other pictures for a worker than it has here: let "
                "all machines see the same files"
            )
        return [read_member(member, self._name) for member in members]


def read_by(
    workers: Workers,
    open_set: Callable[[], SourceSet],
    name: str,
    source: SourceSet,
    done: Iterable[Line],
) -> Iterator[ConvertedMember]:
    """Have workers read the members behind those that are done, and yield them in order.

    Raises as `read_here` does.
    """
    number, members = members_after(source, done)
    for read in workers.in_order(partial(RangeReader, open_set, name), _ranges(number, members)):
        yield from read


def _ranges(start: int, members: Iterator[Member]) -> Iterator[MemberRange]:
    while names := [member.name for member in islice(members, _PICTURES)]:
        yield MemberRange(start, names)
        start += len(names)
