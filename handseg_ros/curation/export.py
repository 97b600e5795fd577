"""A labelled set in the format of another tool."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from handseg_ros.curation.progress import Progress
from handseg_ros.datasets.coco.folder import CocoFolder
from handseg_ros.datasets.frames import Dataset, LabelledFrame, Skipped
from handseg_ros.datasets.labelme.exact_writing import LabelmeFolder
from handseg_ros.datasets.mask_folder.writing import MaskFolder
from handseg_ros.datasets.yolo_seg.writing import YoloSegFolder
from handseg_ros.media.atomic_folders import new_folder
from handseg_ros.segmentation.errors import MediaError


class FrameWriter(Protocol):
    """Writes a folder of one format frame by frame.

    `losses` counts the pictures of which the format cannot hold something, by half sentences.
    """

    losses: Counter[str]

    def add(self, frame: LabelledFrame, title: str) -> None: ...

    def finish(self) -> None: ...


# Each writes into a folder that is empty.
WRITERS: Mapping[str, Callable[[Path], FrameWriter]] = {
    "coco": CocoFolder,
    "yolo-seg": YoloSegFolder,
    "labelme": LabelmeFolder,
    "masks": MaskFolder,
}


@dataclass(frozen=True)
class ExportResult:
    """How many pictures were read, and what was lost or skipped on the way."""

    pictures: int
    losses: Mapping[str, int]
    skipped: tuple[Skipped, ...]


def export(dataset: Dataset, kind: str, out: Path, progress: Progress) -> ExportResult:
    """Write all frames of a set into a new folder, in a format of `WRITERS`.

    Raises MediaError for a folder that holds something, a set without a frame, and where writing
    fails; then there is no folder.
    """
    with new_folder(out) as folder:
        writer = WRITERS[kind](folder)
        pictures = 0
        for frame in progress(dataset, dataset.length, dataset.title):
            writer.add(frame, dataset.title)
            pictures += 1
        check_any(pictures, dataset)
        writer.finish()
    return ExportResult(pictures, dict(writer.losses), tuple(dataset.skipped))


def check_any(pictures: int, dataset: Dataset) -> None:
    """Raise MediaError for a set of which no picture could be read."""
    if not pictures:
        first = f", the first because {dataset.skipped[0].reason}" if dataset.skipped else ""
        raise MediaError(
            f"no picture of '{dataset.title}' can be used: {len(dataset.skipped)} were "
            f"skipped{first}; see what is wrong with `handseg data check`"
        )
