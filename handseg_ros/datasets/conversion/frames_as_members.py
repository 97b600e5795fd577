"""Labelled frames, as `handseg evaluate` reads them, as members of a data set to be converted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from handseg_ros.datasets.annotations import HAND_LABELS, OBJECT_LABEL
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.field_names import PERSON, SOURCE
from handseg_ros.datasets.frames import Dataset, GroundTruth, LabelledFrame
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.hands import Side

_LABEL_OF = {side: label for label, side in HAND_LABELS.items()}
_NO_LABEL = "it has no label"


def from_dataset(dataset: Dataset) -> SourceSet:
    """Return the members of a labelled set; those that it skips are members too."""
    return SourceSet(dataset.title, dataset.length, lambda: _members(dataset))


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
        tuple(_areas(frame.ground_truth)),
        frame.sequence,
        person=frame.tags.get(PERSON),
        source=frame.tags.get(SOURCE),
        tags=tags,
        notes=frame.notes,
    )


def _areas(known: GroundTruth) -> Iterator[ConvertedArea]:
    for number in id_areas(known.ids):
        yield ConvertedArea(
            _LABEL_OF[known.sides.get(number, Side.UNKNOWN)],
            known.ids == number,
            is_crowd=number in known.ignored,
            is_together=not known.has_instances,
            track=known.tracks.get(number),
            attributes=known.hand_tags.get(number, {}),
        )
    if known.objects is not None and np.any(known.objects):
        yield ConvertedArea(OBJECT_LABEL, known.objects)
