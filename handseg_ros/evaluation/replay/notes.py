"""Counts what frames tell of how their labels were read, for one sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from handseg_ros.evaluation.labelled.frames import LabelledFrame
from handseg_ros.evaluation.replay.ahead import ReadFrame


class NoteTally:
    """The notes of all frames that passed by."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def watch(self, frames: Iterator[ReadFrame]) -> Iterator[ReadFrame]:
        """Yield all frames as they come."""
        for read in frames:
            self._add(read.frame)
            yield read

    def _add(self, frame: LabelledFrame) -> None:
        for note in frame.notes:
            self._counts[note] += 1
            self._first.setdefault(note, frame.name)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence for each note, in the order in which they came up."""
        return tuple(
            f"{self._counts[note]} frame(s), the first is {name}: {note}"
            for note, name in self._first.items()
        )
