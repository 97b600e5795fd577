"""Guards that looking after a set takes no more memory for more pictures than a few words each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.toy_set import pixels

from handseg_ros.curation.check import CheckOptions, check
from handseg_ros.curation.export import WRITERS, export
from handseg_ros.curation.groups import GroupKind
from handseg_ros.curation.partition import Part
from handseg_ros.curation.picture_facts import facts_of
from handseg_ros.curation.show import show
from handseg_ros.curation.split import SplitOptions, split
from handseg_ros.curation.statistics import count
from handseg_ros.datasets.frames import Dataset, GroundTruth, LabelledFrame, Skipped

FEW, MANY = 10, 50
# A frame's pixels and ids are 12 kB.
MOST_BYTES_A_FRAME = 2_500


class Painted:
    """A `Dataset` of frames that are painted when they are asked for."""

    def __init__(self, length: int) -> None:
        self.title = "painted"
        self.length: int | None = length
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        for number in range(self.length or 0):
            image = pixels(number)
            ids = np.zeros(image.shape[:2], np.uint8)
            ids[5:20, number % 30 : number % 30 + 9] = 1
            truth = GroundTruth(ids, has_instances=True)
            tags = {"person": f"p{number % 9}"}
            yield LabelledFrame(f"f{number:06d}", f"s{number % 7}", image, truth, tags)


def silent(
    frames: Iterable[LabelledFrame], length: int | None, name: str
) -> Iterable[LabelledFrame]:
    return frames


def check_it(dataset: Dataset, out: Path) -> None:
    check([("a", dataset)], CheckOptions(frozenset(GroupKind), 8), silent)


def count_it(dataset: Dataset, out: Path) -> None:
    count(facts_of(frame, dataset.title) for frame in dataset)


def split_it(dataset: Dataset, out: Path) -> None:
    parts = (Part("train", 0.5), Part("val", 0.5))
    split(dataset, SplitOptions(GroupKind.PERSON, parts, 0), out, silent)


def exporting(kind: str) -> Callable[[Dataset, Path], None]:
    def export_it(dataset: Dataset, out: Path) -> None:
        export(dataset, kind, out, silent)

    return export_it


def peak(work: Callable[[Dataset, Path], None], length: int, out: Path) -> int:
    tracemalloc.start()
    try:
        work(Painted(length), out)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "work",
    [check_it, count_it, split_it, *map(exporting, WRITERS)],
    ids=["check", "stats", "split", *WRITERS],
)
def test_memory_does_not_grow_with_pixels(
    work: Callable[[Dataset, Path], None], tmp_path: Path
) -> None:
    work(Painted(3), tmp_path / "first")  # what is imported late counts for neither
    few = peak(work, FEW, tmp_path / "few")
    # Threads that an earlier test left behind are counted with it, but not each time.
    many = min(peak(work, MANY, tmp_path / name) for name in ("many", "again"))
    assert (many - few) / (MANY - FEW) < MOST_BYTES_A_FRAME


@pytest.mark.nightly
def test_tiles_of_the_sheet_have_a_limit(tmp_path: Path) -> None:
    """A tile is 250 kB; so many are kept as go onto the sheet twice."""

    def show_it(dataset: Dataset, out: Path) -> None:
        show(dataset, "painted", 1, out, silent)

    few, many = (peak(show_it, length, tmp_path / str(length)) for length in (100, 200))
    assert many - few < 100 * MOST_BYTES_A_FRAME
