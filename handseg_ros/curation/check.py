"""Looks for what is wrong in labelled sets, and for what two parts of a split have in common."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from handseg_ros.curation.common_groups import GroupRegister
from handseg_ros.curation.finding import Finding, FindingCollector
from handseg_ros.curation.groups import GroupKind
from handseg_ros.curation.look_alikes import LookAlikes
from handseg_ros.curation.progress import Progress
from handseg_ros.datasets.annotations import NO_PIXEL, areas_of
from handseg_ros.datasets.frames import Dataset, LabelledFrame, SkipCause
from handseg_ros.datasets.mask_folder.reading import UNKNOWN_ID

EMPTY = "empty mask"
REACHES_OUT = "area that reaches out of its picture"
UNKNOWN_IDS = "side or track of an id that its mask lacks"
NOTE = "label not taken as it is"
NO_LABEL, NO_HAND = "picture without a label", "picture without a hand"


@dataclass(frozen=True)
class CheckOptions:
    """What must not be shared by two sets, and by how many bits pictures that look alike differ."""

    apart: Collection[GroupKind]
    most_bits: int


@dataclass(frozen=True)
class CheckedSet:
    """One set that was looked at: `pictures` could be read, `skipped` not."""

    title: str
    pictures: int
    skipped: int


@dataclass(frozen=True)
class CheckResult:
    """What was found: `findings` are wrong or worth knowing, in the order of their kinds."""

    sets: tuple[CheckedSet, ...]
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is wrong."""
        return tuple(item for item in self.findings if item.is_wrong)


def check(
    datasets: Sequence[tuple[str, Dataset]], options: CheckOptions, progress: Progress
) -> CheckResult:
    """Look at sets, each with the name it is told by; raises HandsegError where one is unreadable.

    Of each picture its name, its hash and its groups are kept, and no more.
    """
    found = FindingCollector()
    groups, alike = GroupRegister(), LookAlikes(options.most_bits)
    sets = []
    for name, dataset in datasets:
        pictures = 0
        for frame in progress(dataset, dataset.length, name):
            pictures += 1
            for kind, is_wrong in _kinds(frame):
                found.add(kind, name, frame.name, is_wrong)
            for note in frame.notes:
                if note not in (NO_PIXEL, UNKNOWN_ID):
                    found.add(f"{NOTE}: {note}", name, frame.name, is_wrong=False)
            groups.add(name, dataset.title, frame)
            alike.add(name, frame)
        for item in dataset.skipped:
            is_wrong = item.cause is not SkipCause.BOX
            found.add(item.cause.value, name, item.name, is_wrong, item.reason)
        sets.append(CheckedSet(name, pictures, len(dataset.skipped)))
    return CheckResult(
        tuple(sets), (*found.findings(), *groups.findings(options.apart), *alike.findings())
    )


def _kinds(frame: LabelledFrame) -> Iterator[tuple[str, bool]]:
    """Yield what there is to tell of a frame's label, and whether it is wrong."""
    truth = frame.ground_truth
    if truth is None:
        yield NO_LABEL, False
        return
    areas = areas_of(truth)
    if not areas:
        yield NO_HAND, False
    if not all(area.mask.any() for area in areas):
        yield EMPTY, True
    if any(area.reaches_out for area in areas):
        yield REACHES_OUT, True
    if UNKNOWN_ID in frame.notes:
        yield UNKNOWN_IDS, True
