"""What is told of a labelled picture in words and numbers, to be counted and to be filtered by."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from handseg_ros.curation.groups import GroupKind, group_of
from handseg_ros.datasets.annotations import HAND_LABELS, OBJECT_LABEL, areas_of
from handseg_ros.datasets.field_names import PERSON, SOURCE
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.evaluation.instance_matching import size_name, size_of


@dataclass(frozen=True)
class HandFacts:
    """One labelled hand, or all hands together: its side as a word, and the root of its share."""

    side: str
    size: float

    @property
    def size_name(self) -> str:
        """One of `instance_matching.SIZES`."""
        return size_name(self.size)


@dataclass(frozen=True)
class PictureFacts:
    """A picture; groups are None where they are not known.

    `has_instances` is false where one area stands for all hands. `hands` are those with a pixel,
    `objects` the number of areas of objects. `tags` are all words but source and person.
    """

    name: str
    width: int
    height: int
    is_labelled: bool
    has_instances: bool
    hands: tuple[HandFacts, ...]
    objects: int
    source: str | None
    person: str | None
    sequence: str | None
    tags: Mapping[str, str]


def facts_of(frame: LabelledFrame, title: str) -> PictureFacts:
    """Return what is told of a frame of the set called `title`."""
    height, width = frame.image.shape[:2]
    truth = frame.ground_truth
    areas = () if truth is None else areas_of(truth)
    hands = [
        HandFacts(
            HAND_LABELS[area.label].name.lower(),
            size_of(int(np.count_nonzero(area.mask)), (height, width)),
        )
        for area in areas
        if area.label in HAND_LABELS and not area.is_crowd and area.mask.any()
    ]
    return PictureFacts(
        frame.name,
        width,
        height,
        truth is not None,
        truth is None or truth.has_instances,
        tuple(hands),
        sum(area.label == OBJECT_LABEL for area in areas),
        group_of(frame, title, GroupKind.SOURCE),
        group_of(frame, title, GroupKind.PERSON),
        group_of(frame, title, GroupKind.SEQUENCE),
        {name: text for name, text in frame.tags.items() if name not in (SOURCE, PERSON)},
    )
