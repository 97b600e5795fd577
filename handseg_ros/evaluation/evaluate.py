"""Scores models on a labelled set and leaves a report: what `handseg evaluate` does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.contact_sheet import check_sheet
from handseg_ros.evaluation.metrics.aggregate import aggregate
from handseg_ros.evaluation.metrics.results import Results
from handseg_ros.evaluation.report.failures import write_failures
from handseg_ros.evaluation.report.pages import check_can_write
from handseg_ros.evaluation.report.subject import Subject
from handseg_ros.evaluation.report.timings import gather
from handseg_ros.evaluation.report.writing import write_report
from handseg_ros.evaluation.runner.label_notes import LabelNotes
from handseg_ros.evaluation.runner.own_backgrounds import check_backgrounds
from handseg_ros.evaluation.runner.runner import run_models
from handseg_ros.evaluation.runner.store import EvaluationPlan, ModelIdentity, ResultStore
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter

Run = Callable[[Dataset, Sequence[Segmenter], ResultStore], LabelNotes]
# So many reasons are told where nothing could be scored.
_REASONS = 3


@dataclass(frozen=True)
class Evaluated:
    """What was evaluated, and what it came to."""

    subject: Subject
    results: Results


def evaluate(
    dataset: Dataset,
    segmenters: Sequence[Segmenter],
    out: Path,
    resume: bool = False,
    failures: Path | None = None,
    run: Run = run_models,
    reading: Mapping[str, str] | None = None,
) -> Evaluated:
    """Answer and score every frame of a set, and write the report into a folder.

    Interrupted, or after an error, what is finished stays in the folder, and `resume` goes on from
    there. `failures` is a picture to write, with the frames at which the first model fails most.
    `run` answers the frames, in this process or by workers. `reading` is how the set is read, in
    words that are the same where an evaluation goes on.
    Raises MediaError where nothing could be scored or the folder cannot serve, BackgroundError
    for a model without the background that it needs, HandsegError when pycocotools or jinja2 is
    missing.
    """
    run_lengths.coco()
    check_can_write()
    if failures is not None:
        check_sheet(failures)
    check_backgrounds(dataset, segmenters)
    models = tuple(ModelIdentity.of(segmenter) for segmenter in segmenters)
    with ResultStore(
        out, EvaluationPlan(dataset.title, models, dict(reading or {})), resume
    ) as store:
        notes = run(dataset, segmenters, store)
        skipped = tuple(dataset.skipped)
        began = time.perf_counter()
        results = aggregate(store.records(), len(models))
        seconds = time.perf_counter() - began
        subject = Subject(dataset.title, models, skipped, notes.sentences)
        if not results.counts.labelled:
            raise _nothing_scored(subject, results)
        subject = replace(
            subject, warnings=notes.warnings or _warn_of_exact_masks(subject, results)
        )
        times = gather(store.times(), len(models), seconds)
        write_report(out, subject, results, times, dataset, store)
        if failures is not None:
            write_failures(failures, results, dataset, store.records())
    return Evaluated(subject, results)


def _warn_of_exact_masks(subject: Subject, results: Results) -> tuple[str, ...]:
    """Return a warning about models that found every labelled hand to the pixel.

    No network does that with what people draw.
    """
    exact = [
        label
        for index, label in enumerate(subject.labels)
        if results.frames and all(frame.ious[index] == 1 for frame in results.frames)
    ]
    return tuple(
        f"'{label}' found every hand to the pixel in all {len(results.frames)} frames with hands, "
        "as if it had made the labels itself: its figures then tell nothing of how right it is"
        for label in exact
    )


def _nothing_scored(subject: Subject, results: Results) -> MediaError:
    reasons = "; ".join(f"{item.name}: {item.reason}" for item in subject.skipped[:_REASONS])
    return MediaError(
        f"no frame of '{subject.title}' could be scored, as {results.counts.answered} have no "
        f"label and {len(subject.skipped)} were skipped{_brackets(reasons)}: add labels or repair "
        "the set"
    )


def _brackets(text: str) -> str:
    return f" ({text})" if text else ""
