"""`make bench-evaluate`: what reading and scoring add to answering, for each kind of labelled set.

Frames are those of the package's clip with a camera's noise, two hands in each, labelled by ids.
`answering` is the model alone on frames that lie in memory. `reading and scoring` is how much
longer the same frames take from their set, scored, and `with the report` how much longer all of
`handseg evaluate` takes, over answering alone, by the clock on the wall; `processor` is how much
more processor time reading and scoring take, of all threads, which is disturbed least. The
three take turns, and the median of every turn's ratio is shown. On one core nothing overlaps; on
two the reader's thread has a core to itself.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from support.bags import KINDS, Entry, compressed_entry, image_entry, stamp_of, write_bag
from support.labelled import clip_frames
from tqdm import tqdm

from handseg_ros.datasets.registry import open_dataset
from handseg_ros.evaluation.evaluate import evaluate
from handseg_ros.evaluation.runner.runner import run_models
from handseg_ros.evaluation.runner.store import EvaluationPlan, ModelIdentity, ResultStore
from handseg_ros.segmentation.segmenter import Segmenter

MODEL = "hands"
SMALL, LARGE = (640, 480), (1280, 960)
VIEWS = 40
NOISE = 4.0
A_SEQUENCE = 50


@dataclass(frozen=True)
class View:
    """A frame, uint8 (H, W, 3) BGR, and its ids, uint8 (H, W)."""

    image: np.ndarray
    ids: np.ndarray


@dataclass(frozen=True)
class Row:
    """One kind of set: how it is called, its frames' size, and how it is written to a path."""

    title: str
    size: tuple[int, int]
    write: Callable[[Path, Iterable[View]], Path]


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock on the wall, and of the processor in all threads."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Turn:
    """One turn: the model alone, with reading and scoring, with the report too."""

    answering: Spent
    scored: Spent
    reported: Spent


def write_folder(path: Path, views: Iterable[View]) -> Path:
    """Write JPEG pictures and PNG masks."""
    for number, view in enumerate(views):
        name = f"{number // A_SEQUENCE}/{number:05d}"
        for part, suffix, pixels in (("images", "jpg", view.image), ("masks", "png", view.ids)):
            file = path / part / f"{name}.{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), pixels)
    return path


def write_raw(kind: str) -> Callable[[Path, Iterable[View]], Path]:
    """Return what writes a bag of raw images and masks, stored in one of `KINDS`."""

    def entries(views: Iterable[View]) -> Iterator[Entry]:
        for number, view in enumerate(views):
            yield image_entry("/image", stamp_of(number), view.image)
            yield image_entry("/ground_truth/instances", stamp_of(number), view.ids, "mono8")

    return lambda path, views: write_bag(path, entries(views), KINDS[kind])


def write_compressed(path: Path, views: Iterable[View]) -> Path:
    """Write a bag of JPEG images and PNG masks."""

    def entries() -> Iterator[Entry]:
        labels = "/ground_truth/instances/compressed"
        for number, view in enumerate(views):
            yield compressed_entry("/image/compressed", stamp_of(number), view.image)
            yield compressed_entry(labels, stamp_of(number), view.ids, ".png")

    return write_bag(path, entries(), KINDS["mcap"])


ROWS = (
    Row("folder, JPEG and PNG", SMALL, write_folder),
    Row("folder, JPEG and PNG", LARGE, write_folder),
    Row("bag, SQLite, raw", SMALL, write_raw("sqlite")),
    Row("bag, MCAP, raw", SMALL, write_raw("mcap")),
    Row("bag, MCAP packed by chunk, raw", SMALL, write_raw("mcap, chunks")),
    Row("bag, MCAP, JPEG and PNG", SMALL, write_compressed),
)


def make_views(segmenter: Segmenter, size: tuple[int, int]) -> list[View]:
    """Return frames of the clip at a size, with noise, labelled by the model, a little wrongly."""
    noise = np.random.default_rng(0)
    views = []
    for clean in clip_frames(VIEWS):
        large = cv2.resize(clean, size, interpolation=cv2.INTER_CUBIC)
        grain = noise.normal(0.0, NOISE, large.shape)
        image = np.clip(large + grain, 0, 255).astype(np.uint8)
        ids = cv2.erode(segmenter.segment(large).instances(), np.ones((3, 3)))
        views.append(View(image, ids))
    return views


def repeated(views: Sequence[View], count: int) -> Iterator[View]:
    """Yield so many views, one after the other, again and again."""
    return (views[number % len(views)] for number in range(count))


def spent(work: Callable[[], object]) -> Spent:
    """Return what some work takes; what it tells of its progress is not shown."""
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        return Spent(time.perf_counter() - wall, time.process_time() - processor)


def one_turn(path: Path, views: Sequence[View], frames: int, segmenter: Segmenter) -> Turn:
    """Measure a set once."""

    def answer() -> None:
        for view in repeated(views, frames):
            segmenter.segment(view.image)

    def score(out: Path) -> None:
        labelled = open_dataset(path)
        plan = EvaluationPlan(labelled.title, (ModelIdentity.of(segmenter),))
        with ResultStore(out, plan, resume=False) as store:
            run_models(labelled, [segmenter], store)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        return Turn(
            spent(answer),
            spent(lambda: score(out / "scored")),
            spent(lambda: evaluate(open_dataset(path), [segmenter], out / "reported")),
        )


def measure(row: Row, options: argparse.Namespace, bar: tqdm) -> list[str]:
    """Return a row of the table for one core, and one for two."""
    segmenter = Segmenter.load(MODEL)
    views = make_views(segmenter, row.size)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = row.write(Path(folder) / "set", repeated(views, options.frames))
        for cores in sorted({1, min(2, len(options.cores))}):
            os.sched_setaffinity(0, options.cores[:cores])
            turns = []
            for _ in range(options.turns):
                turns.append(one_turn(path, views, options.frames, segmenter))
                bar.update()
            lines.append(line_of(row, cores, turns, options.frames))
    return lines


def line_of(row: Row, cores: int, turns: Sequence[Turn], frames: int) -> str:
    """Return one line of the table."""
    answering = statistics.median(turn.answering.wall for turn in turns) / frames * 1e3
    shares = (
        statistics.median(turn.scored.wall / turn.answering.wall - 1 for turn in turns),
        statistics.median(turn.scored.processor / turn.answering.processor - 1 for turn in turns),
        statistics.median(turn.reported.wall / turn.answering.wall - 1 for turn in turns),
    )
    return (
        f"| {row.title} | {row.size[0]}x{row.size[1]} | {cores} | {answering:.1f} ms | "
        + " | ".join(f"{share:+.0%}" for share in shares)
        + " |"
    )


def main() -> int:
    """Print the table; returns 0."""
    parser = argparse.ArgumentParser(prog="bench-evaluate")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of the rows' titles")
    options = parser.parse_args()
    options.cores = sorted(os.sched_getaffinity(0))
    rows = [row for row in ROWS if options.only in row.title]
    steps = len(rows) * options.turns * min(2, len(options.cores))
    print(
        "| set | frames | cores | answering | reading and scoring | processor | with the report |\n"
        "|---|---|---|---|---|---|---|"
    )
    with tqdm(total=steps, desc="bench-evaluate", unit="turn") as bar:
        for row in rows:
            for line in measure(row, options, bar):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
