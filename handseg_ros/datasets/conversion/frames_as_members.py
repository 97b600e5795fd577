"""Labelled frames, as `handseg evaluate` reads them, as members of a data set to be converted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from handseg_ros.datasets.annotations import areas_of
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.field_names import PERSON, SOURCE
from handseg_ros.datasets.frames import Dataset, DivisibleDataset, LabelledFrame, Skipped
from handseg_ros.datasets.lazy_frames import UnusableError

_NO_LABEL = "it has no label"


def from_dataset(dataset: Dataset) -> SourceSet:
    """Return the members of a labelled set; those that it skips are members too."""
    if isinstance(dataset, DivisibleDataset):
        known = tuple(dataset.skipped)
        return SourceSet(dataset.title, dataset.length, lambda: _listed(dataset, known))
    return SourceSet(dataset.title, dataset.length, lambda: _members(dataset), is_listed=False)


def _listed(dataset: DivisibleDataset, known: Sequence[Skipped]) -> Iterator[Member]:
    for item in known:
        yield Member(item.name, partial(_refuse, item.reason))
    for number, name in enumerate(dataset.names):
        yield Member(name, partial(_read, dataset, number))


def _read(dataset: DivisibleDataset, number: int) -> ConvertedFrame:
    entry = dataset.part(number, number + 1)
    for frame in entry:
        return _converted(frame)
    raise UnusableError(entry.skipped[-1].reason)


def _members(dataset: Dataset) -> Iterator[Member]:
    told = 0
    for frame in dataset:
        yield from _skipped(dataset, told)
        told = len(dataset.skipped)
        yield Member(frame.name, partial(_converted, frame))
    yield from _skipped(dataset, told)


def _skipped(dataset: Dataset, told: int) -> Iterator[Member]:
    for item in dataset.skipped[told:]:
        yield Member(item.name, partial(_refuse, item.reason))


def _refuse(reason: str) -> ConvertedFrame:
    raise UnusableError(reason)


def _converted(frame: LabelledFrame) -> ConvertedFrame:
    if frame.ground_truth is None:
        raise UnusableError(_NO_LABEL)
    tags = {name: text for name, text in frame.tags.items() if name not in (PERSON, SOURCE)}
    return ConvertedFrame(
        StoredPicture.read(frame.file) if frame.file else StoredPicture.encoded(frame.image),
        tuple(map(converted_area, areas_of(frame.ground_truth))),
        frame.sequence,
        person=frame.tags.get(PERSON),
        source=frame.tags.get(SOURCE),
        tags=tags,
        notes=frame.notes,
        background=background_name(frame),
    )


def background_name(frame: LabelledFrame) -> str | None:
    """Return what a frame's label calls its background, None where it has none."""
    return None if frame.background is None else frame.background.name


def converted_area(area: Area) -> ConvertedArea:
    """Return an area of a frame as one of a converted picture."""
    return ConvertedArea(
        area.label,
        area.mask,
        is_crowd=area.is_crowd,
        is_together=area.is_together,
        track=area.track,
        attributes=area.attributes,
    )
