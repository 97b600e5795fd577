"""Every frame of a set through every model, its parts by several workers, kept in order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tqdm import tqdm

from handseg_ros.cluster.jobs import Workers
from handseg_ros.datasets.frames import Dataset, Skipped
from handseg_ros.datasets.joined import Part, parts_of
from handseg_ros.evaluation.runner.label_notes import LabelNotes
from handseg_ros.evaluation.runner.prefetch import ReadFrame, prefetch
from handseg_ros.evaluation.runner.records import FrameRecord
from handseg_ros.evaluation.runner.runner import check_same, differing, score_frames
from handseg_ros.evaluation.runner.store import FrameTimings, ResultStore
from handseg_ros.segmentation.segmenter import Segmenter


@dataclass(frozen=True)
class ScoredPart:
    """What came of a part: `passed` are names of frames that were answered before, all first."""

    passed: tuple[str, ...]
    answered: tuple[tuple[FrameRecord, FrameTimings], ...]
    skipped: tuple[Skipped, ...]
    notes: LabelNotes


class PartScorer:
    """Has the models loaded, and scores one part of the sets after the other."""

    def __init__(
        self,
        open_set: Callable[[int], Dataset],
        load: Callable[[], Sequence[Segmenter]],
        finished: Mapping[str, int],
    ) -> None:
        """Take what opens a set by its number, and the digests of frames that were answered.

        Raises whatever `load` raises.
        """
        self._open_set, self._finished = open_set, finished
        self._segmenters = load()
        self._opened: tuple[int, Dataset] | None = None

    def __call__(self, part: Part) -> ScoredPart:
        """Score a part; raises MediaError for a frame that was answered and has changed since."""
        dataset = part.of(self._set(part.set))
        notes = LabelNotes()
        passed: list[str] = []
        answered: list[tuple[FrameRecord, FrameTimings]] = []
        frames = self._beyond(notes.watch(prefetch(dataset)), passed)
        for _ in score_frames(frames, self._segmenters, lambda *kept: answered.append(kept)):
            pass
        return ScoredPart(tuple(passed), tuple(answered), tuple(dataset.skipped), notes)

    def _set(self, number: int) -> Dataset:
        if self._opened is None or self._opened[0] != number:
            self._opened = number, self._open_set(number)
        return self._opened[1]

    def _beyond(self, frames: Iterator[ReadFrame], passed: list[str]) -> Iterator[ReadFrame]:
        for read in frames:
            if (known := self._finished.get(read.frame.name)) is None:
                yield read
            else:
                check_same(read.frame.name, known, read.frame)
                passed.append(read.frame.name)


def run_parts(
    dataset: Dataset,
    segmenters: Sequence[Segmenter],
    store: ResultStore,
    workers: Workers,
    scorer: Callable[[Mapping[str, int]], PartScorer],
) -> LabelNotes:
    """Answer all frames that the store does not have yet, as `run_models` does, by workers.

    `scorer` makes what scores in each of them, and must load the same models.
    """
    finished = {record.name: record.digest for record in store.records()}
    before = iter(finished)
    notes, skipped = LabelNotes(), list[Skipped]()
    with tqdm(total=dataset.length, unit="frame") as bar:
        for scored in workers.in_order(partial(scorer, finished), parts_of(dataset)):
            for name in scored.passed:
                _check_next(before, name)
            if scored.answered:
                _check_end(before, scored.answered[0][0].name)
            for record, times in scored.answered:
                store.append(record, times)
            skipped += scored.skipped
            notes.extend(scored.notes)
            bar.update(len(scored.passed) + len(scored.answered))
    _check_end(before, None)
    dataset.skipped[:] = skipped
    return notes


def _check_next(before: Iterator[str], name: str) -> None:
    if (expected := next(before, name)) != name:
        raise differing(expected, name)


def _check_end(before: Iterator[str], name: str | None) -> None:
    if (expected := next(before, None)) is not None:
        raise differing(expected, name)
