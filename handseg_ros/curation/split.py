"""Splits a labelled set into COCO folders that have no source, person or sequence in common."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handseg_ros.curation.export import check_any
from handseg_ros.curation.groups import GroupKind, group_of
from handseg_ros.curation.partition import Part, partition
from handseg_ros.curation.progress import Progress
from handseg_ros.datasets.coco.folder import ANNOTATIONS, CocoFolder
from handseg_ros.datasets.coco.stream import write_coco
from handseg_ros.datasets.frames import Dataset, Skipped
from handseg_ros.media.atomic_files import not_written
from handseg_ros.media.atomic_folders import new_folder
from handseg_ros.segmentation.errors import MediaError

# Pictures of which nobody knows the group stay together: they may all be of one.
UNKNOWN = "(not known)"
_STAGING = ".partial"


@dataclass(frozen=True)
class SplitOptions:
    """By what groups are made, which parts there are, and what draws among equal groups."""

    by: GroupKind
    parts: tuple[Part, ...]
    seed: int


@dataclass(frozen=True)
class PartResult:
    """What a part got: pictures, labelled hands and objects, and its groups."""

    name: str
    pictures: int
    annotations: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class SplitResult:
    """The parts in their order, pictures of unknown groups, what was lost and skipped."""

    parts: tuple[PartResult, ...]
    unknown: int
    losses: Mapping[str, int]
    skipped: tuple[Skipped, ...]


def split(dataset: Dataset, options: SplitOptions, out: Path, progress: Progress) -> SplitResult:
    """Write the parts below `out`; raises MediaError where groups cannot be shared out so.

    The set is read once. Pictures get names in a hidden folder first, and lie in none of the parts
    before it is known which one they are for; of a picture its group is kept until then.
    """
    with new_folder(out) as folder:
        staging = CocoFolder(folder / _STAGING)
        groups = _stage(dataset, staging, options.by, progress)
        counts = Counter(groups)
        chosen = partition(counts, options.parts, options.seed, options.by.value)
        shared = _Shared(staging, [chosen[group] for group in groups])
        parts = [_write(folder, part.name, shared, chosen) for part in options.parts]
        staging.close()
        shutil.rmtree(staging.path)
    return SplitResult(tuple(parts), counts[UNKNOWN], dict(staging.losses), tuple(dataset.skipped))


def _stage(dataset: Dataset, staging: CocoFolder, by: GroupKind, progress: Progress) -> list[str]:
    """Write all labelled frames and return the group of each."""
    groups: list[str] = []
    for frame in progress(dataset, dataset.length, dataset.title):
        staging.add(frame, dataset.title)
        if frame.ground_truth is not None:
            groups.append(group_of(frame, dataset.title, by) or UNKNOWN)
    check_any(len(groups), dataset)
    if set(groups) == {UNKNOWN}:
        raise MediaError(
            f"'{dataset.title}' tells no {by.value} of any picture: split it by something else, or "
            f"write each picture's {by.value} beside it as docs/data.md tells"
        )
    return groups


@dataclass(frozen=True)
class _Shared:
    """The frames that were staged, and for each the name of its part."""

    staging: CocoFolder
    parts: Sequence[str]

    def lines(self, part: str) -> Iterator[Mapping[str, Any]]:
        """Yield what `write_coco` takes of one part."""
        for line, own in zip(self.staging.lines(), self.parts, strict=True):
            if own == part:
                yield line


def _write(out: Path, part: str, shared: _Shared, chosen: Mapping[str, str]) -> PartResult:
    """Move a part's pictures to its folder, then write its file."""
    pictures = annotations = 0
    for line in shared.lines(part):
        name = line["image"]["file_name"]
        target = out / part / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(shared.staging.path / name, target)
        except OSError as error:
            raise not_written(target, error) from error
        pictures += 1
        annotations += len(line["annotations"])
    write_coco(out / part / ANNOTATIONS, lambda: shared.lines(part))
    groups = tuple(sorted(group for group, own in chosen.items() if own == part))
    return PartResult(part, pictures, annotations, groups)
