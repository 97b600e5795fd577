"""Counts what frames tell of their labels, for one sentence each: how read, and by whom made."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.evaluation.runner.prefetch import ReadFrame


class LabelNotes:
    """The notes and origins of all frames that passed by."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._origins: dict[str, Counter[bool | None]] = {}

    def watch(self, frames: Iterator[ReadFrame]) -> Iterator[ReadFrame]:
        """Yield all frames as they come."""
        for read in frames:
            self._add(read.frame)
            yield read

    def extend(self, later: LabelNotes) -> None:
        """Add what frames told that come after these."""
        self._counts.update(later._counts)
        for note, name in later._first.items():
            self._first.setdefault(note, name)
        for model, counts in later._origins.items():
            self._origins.setdefault(model, Counter()).update(counts)

    def _add(self, frame: LabelledFrame) -> None:
        for note in frame.notes:
            self._counts[note] += 1
            self._first.setdefault(note, frame.name)
        if frame.origin is not None and frame.ground_truth is not None:
            counts = self._origins.setdefault(frame.origin.model, Counter())
            counts[frame.origin.is_corrected] += 1

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence for each note, in the order in which they came up."""
        return tuple(
            f"{self._counts[note]} frame(s), the first is {name}: {note}"
            for note, name in self._first.items()
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each model that made labels."""
        return tuple(_warning(model, counts) for model, counts in self._origins.items())


def _warning(model: str, counts: Counter[bool | None]) -> str:
    """Return what is said of labels that a model made, by whether they were corrected."""
    total, corrected = counts.total(), counts[True]
    if corrected == total:
        return f"all {total} labels that '{model}' made were corrected since"
    if corrected:
        return (
            f"{corrected} of the {total} labels that '{model}' made were corrected since; the "
            "others are as it made them, which speaks for it unless a person has looked at them"
        )
    known = (
        f"not one of the {total} was corrected"
        if not counts[None]
        else f"it is not known whether one of the {total} was corrected"
    )
    return (
        f"the labels were made by '{model}' itself and {known}: these figures tell how much models "
        "agree with it, not how right they are; correct the labels first"
    )
