"""Every frame of a set through every model, once and in order.

While the network is busy with a frame, the next one is read by one thread, and what was found in
the one before is scored by another.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NoReturn

from tqdm import tqdm

from handseg_ros.datasets.frames import Dataset, LabelledFrame
from handseg_ros.evaluation.runner.comparison import compare_frame, digest
from handseg_ros.evaluation.runner.label_notes import LabelNotes
from handseg_ros.evaluation.runner.own_backgrounds import OwnBackgrounds
from handseg_ros.evaluation.runner.prefetch import ReadFrame, prefetch
from handseg_ros.evaluation.runner.records import FrameRecord
from handseg_ros.evaluation.runner.store import FrameTimings, ResultStore
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter

# Takes what is kept of a frame, and its times.
Keep = Callable[[FrameRecord, FrameTimings], None]


def run_models(dataset: Dataset, segmenters: Sequence[Segmenter], store: ResultStore) -> LabelNotes:
    """Answer all frames that the store does not have yet, with a progress bar.

    Returns what the frames tell of their labels. Frames that the store has are read and compared
    with what it tells of them. Raises MediaError when they differ, and whatever reading or a model
    raises; what is finished then stays in the store.
    """
    notes = LabelNotes()
    with tqdm(total=dataset.length, unit="frame") as bar:
        frames = _beyond(store, notes.watch(prefetch(dataset)), bar)
        for _ in score_frames(frames, segmenters, store.append):
            bar.update()
    return notes


def score_frames(
    frames: Iterator[ReadFrame], segmenters: Sequence[Segmenter], keep: Keep
) -> Iterator[None]:
    """Answer and compare frames, have `keep` take what comes of each in order, and yield after it.

    Raises whatever reading, a model or `keep` raises.
    """
    backgrounds = OwnBackgrounds(segmenters)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="scorer") as scorer:
        scored: Future[None] | None = None
        for read in frames:
            models = backgrounds.models_for(read.frame)
            segmentations = [segmenter.segment(read.frame.image) for segmenter in models]
            # One frame waits to be scored and no more, so memory does not grow.
            if scored is not None:
                scored.result()
            scored = scorer.submit(_score, read, segmentations, keep)
            yield
        if scored is not None:
            scored.result()


def _beyond(
    store: ResultStore, frames: Iterator[ReadFrame], bar: tqdm[NoReturn]
) -> Iterator[ReadFrame]:
    """Pass by the frames that the store has, and yield the rest."""
    for record in store.records():
        read = next(frames, None)
        if read is None:
            raise differing(record.name, None)
        check_same(record.name, record.digest, read.frame)
        bar.update()
    yield from frames


def check_same(name: str, known: int, frame: LabelledFrame) -> None:
    """Raise MediaError where a frame is not the one that was answered before in its place."""
    if frame.name != name or digest(frame) != known:
        raise differing(name, frame.name)


def differing(name: str, found: str | None) -> MediaError:
    """Return the error to raise where a frame was answered before, and another is found there."""
    return MediaError(
        f"the frame '{name}' was answered before, but the set's frame '{found}' in its "
        "place differs: evaluate the changed set into another folder"
    )


def _score(read: ReadFrame, segmentations: Sequence[Segmentation], keep: Keep) -> None:
    began = time.perf_counter()
    record = compare_frame(read.frame, segmentations)
    seconds = time.perf_counter() - began
    models = tuple(segmentation.timings for segmentation in segmentations)
    keep(record, FrameTimings(read.seconds, seconds, models))
