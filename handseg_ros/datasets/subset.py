"""Some frames of a labelled set, as a set of their own."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator

from handseg_ros.datasets.frames import Dataset, LabelledFrame, RandomAccessDataset, Skipped


class Subset:
    """A `Dataset` of the frames of some names, in the order of the set that they are of."""

    def __init__(self, dataset: Dataset, names: Collection[str], title: str = "") -> None:
        self._dataset, self.names = dataset, frozenset(names)
        self.title = title or dataset.title
        self.length: int | None = len(self.names)
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        return self.only(self.names)

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the frames of these names that belong to the subset."""
        wanted = self.names & frozenset(names)
        if isinstance(self._dataset, RandomAccessDataset):
            yield from self._dataset.only(wanted)
            return
        yield from (frame for frame in self._dataset if frame.name in wanted)
