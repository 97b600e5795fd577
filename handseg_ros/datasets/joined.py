"""Several labelled sets as one, and the parts in which sets can be read one by one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from handseg_ros.datasets.frames import (
    Dataset,
    DivisibleDataset,
    LabelledFrame,
    RandomAccessDataset,
    RecordedDataset,
    Skipped,
)
from handseg_ros.segmentation.errors import MediaError

# So many frames of a set go together: reading a set's index takes as long as some of them.
_FRAMES = 32


@dataclass(frozen=True)
class Part:
    """Some entries, or recordings, of one of several sets; `stop` is None for all of a set."""

    set: int
    start: int
    stop: int | None

    def of(self, dataset: Dataset) -> Dataset:
        """Return the part of the set that it is of."""
        if isinstance(dataset, WithinSet):
            return WithinSet(self.of(dataset.dataset))
        if isinstance(dataset, RecordedDataset):
            return dataset.recording(self.start)
        if self.stop is None or not isinstance(dataset, DivisibleDataset):
            return dataset
        return dataset.part(self.start, self.stop)


class WithinSet:
    """A `Dataset` whose frames and sequences are told apart from those of other sets by its title.

    The frame `001` of the set `kitchen` is `kitchen/001`.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.title, self.length = dataset.title, dataset.length
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame in self.dataset:
            yield self._within(frame)
        own = self.dataset.skipped
        self.skipped[:] = [replace(item, name=self._named(item.name)) for item in own]

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order."""
        prefix = self._named("")
        wanted = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        if not wanted:
            return
        if isinstance(self.dataset, RandomAccessDataset):
            yield from map(self._within, self.dataset.only(wanted))
        else:
            yield from (self._within(frame) for frame in self.dataset if frame.name in wanted)

    def _within(self, frame: LabelledFrame) -> LabelledFrame:
        return replace(frame, name=self._named(frame.name), sequence=self._named(frame.sequence))

    def _named(self, name: str) -> str:
        return f"{self.title}/{name}"


class JoinedSets:
    """A `Dataset` of several, one after the other."""

    def __init__(self, sets: Sequence[Dataset]) -> None:
        """Take two sets or more; raises MediaError for two of one title."""
        titles = [item.title for item in sets]
        if twice := next((title for title in titles if titles.count(title) > 1), None):
            raise MediaError(
                f"two of the sets are named '{twice}', and their frames could not be told apart: "
                "rename one of them"
            )
        self.sets = tuple(sets)
        self.title = f"{titles[0]} and {len(sets) - 1} more"
        lengths = [item.length for item in sets]
        self.length = None if None in lengths else sum(length or 0 for length in lengths)
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        self.skipped[:] = []
        for item in self.sets:
            within = WithinSet(item)
            yield from within
            self.skipped += within.skipped

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order; other sets are not read."""
        for item in self.sets:
            yield from WithinSet(item).only(names)


def parts_of(dataset: Dataset) -> Iterator[Part]:
    """Yield what can be read by itself, in order: some frames, or a recording as a whole."""
    sets = dataset.sets if isinstance(dataset, JoinedSets) else (dataset,)
    for number, item in enumerate(sets):
        if isinstance(item, DivisibleDataset) and item.length is not None:
            for start in range(0, item.length, _FRAMES):
                yield Part(number, start, min(start + _FRAMES, item.length))
        elif isinstance(item, RecordedDataset):
            for place in range(len(item.recordings)):
                yield Part(number, place, place + 1)
        else:
            yield Part(number, 0, None)
