"""Every frame of a set through every model, once and in order.

While the network is busy with a frame, the next one is read by one thread, and what was found in
the one before is scored by another.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NoReturn

from tqdm import tqdm

from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.runner.comparison import compare_frame, digest
from handseg_ros.evaluation.runner.label_notes import LabelNotes
from handseg_ros.evaluation.runner.own_backgrounds import OwnBackgrounds
from handseg_ros.evaluation.runner.prefetch import ReadFrame, prefetch
from handseg_ros.evaluation.runner.records import FrameRecord
from handseg_ros.evaluation.runner.store import FrameTimings, ResultStore
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter


def run_models(dataset: Dataset, segmenters: Sequence[Segmenter], store: ResultStore) -> LabelNotes:
    """Answer all frames that the store does not have yet, with a progress bar.

    Returns what the frames tell of their labels. Frames that the store has are read and compared
    with what it tells of them. Raises MediaError when they differ, and whatever reading or a model
    raises; what is finished then stays in the store.
    """
    notes, backgrounds = LabelNotes(), OwnBackgrounds(segmenters)
    with (
        tqdm(total=dataset.length, unit="frame") as bar,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="scorer") as scorer,
    ):
        scored: Future[None] | None = None
        for read in _beyond(store, notes.watch(prefetch(dataset)), bar):
            models = backgrounds.models_for(read.frame)
            segmentations = [segmenter.segment(read.frame.image) for segmenter in models]
            # One frame waits to be scored and no more, so memory does not grow.
            if scored is not None:
                scored.result()
            scored = scorer.submit(_score, read, segmentations, store)
            bar.update()
        if scored is not None:
            scored.result()
    return notes


def _beyond(
    store: ResultStore, frames: Iterator[ReadFrame], bar: tqdm[NoReturn]
) -> Iterator[ReadFrame]:
    """Pass by the frames that the store has, and yield the rest."""
    for record in store.records():
        _check_same(record, next(frames, None))
        bar.update()
    yield from frames


def _check_same(record: FrameRecord, read: ReadFrame | None) -> None:
    name = None if read is None else read.frame.name
    if read is None or name != record.name or digest(read.frame) != record.digest:
        raise MediaError(
            f"the frame '{record.name}' was answered before, but the set's frame '{name}' in its "
            "place differs: evaluate the changed set into another folder"
        )


def _score(read: ReadFrame, segmentations: Sequence[Segmentation], store: ResultStore) -> None:
    began = time.perf_counter()
    record = compare_frame(read.frame, segmentations)
    seconds = time.perf_counter() - began
    models = tuple(segmentation.timings for segmentation in segmentations)
    store.append(record, FrameTimings(read.seconds, seconds, models))
