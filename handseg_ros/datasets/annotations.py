"""From labelled areas to ids: what COCO's and labelme's files have in common.

Labels are hand, left_hand, right_hand and object; a space or a hyphen may stand for the underscore.
Each pixel belongs to one hand: where areas overlap the smaller one keeps it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handseg_ros.datasets.area import Area
from handseg_ros.datasets.frames import GroundTruth
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.hands import MAX_HANDS, Side

HAND_LABELS = {"hand": Side.UNKNOWN, "left_hand": Side.LEFT, "right_hand": Side.RIGHT}
OBJECT_LABEL = "object"
LABELS = (*HAND_LABELS, OBJECT_LABEL)
# Known beside these, and no part of a frame's ground truth.
PERSON_LABEL = "person"
_LABEL_OF_SIDE = {side: label for label, side in HAND_LABELS.items()}
NO_PIXEL = "an area of its label covers no pixel of the picture and was left out"


def normal_label(text: str) -> str:
    """Return a label in the spelling of `LABELS`, if it is one."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def empty_notes(areas: Sequence[Area]) -> tuple[str, ...]:
    """Return what is told of areas that cover no pixel, which no hand can be found by."""
    return () if all(area.mask.any() for area in areas) else (NO_PIXEL,)


def ground_truth_of(
    areas: Sequence[Area],
    shape: tuple[int, int],
    objects_are_labelled: bool,
) -> GroundTruth:
    """Return the ground truth of a frame of `shape` (H, W).

    Raises UnusableError for over 255 hands.
    """
    hands = [area for area in areas if area.label in HAND_LABELS]
    if len(hands) > MAX_HANDS:
        raise UnusableError(f"its label has more than {MAX_HANDS} hands")
    numbered = list(enumerate(hands, start=1))
    ids = np.zeros(shape, np.uint8)
    for number, area in sorted(numbered, key=lambda item: _painting_order(item[1])):
        ids[area.mask] = number
    objects = [area.mask for area in areas if area.label == OBJECT_LABEL]
    whole = np.logical_or.reduce([np.zeros(shape, bool), *objects])
    own_objects = whole if objects_are_labelled else None
    sides = {number: HAND_LABELS[area.label] for number, area in numbered}
    if any(area.is_together for area in hands):
        together = (ids > 0).astype(np.uint8)
        return GroundTruth(together, False, objects=own_objects, areas=tuple(areas))
    return GroundTruth(
        ids,
        has_instances=True,
        sides={number: side for number, side in sides.items() if side != Side.UNKNOWN},
        tracks={number: area.track for number, area in numbered if area.track is not None},
        objects=own_objects,
        ignored=frozenset(number for number, area in numbered if area.is_crowd),
        areas=tuple(areas),
    )


def areas_of(ground_truth: GroundTruth) -> tuple[Area, ...]:
    """Return the single areas of a label: its own, else one for each id and one of all objects."""
    if ground_truth.areas:
        return ground_truth.areas
    hands = [
        Area(
            ground_truth.ids == number,
            _LABEL_OF_SIDE[ground_truth.sides.get(number, Side.UNKNOWN)],
            number in ground_truth.ignored,
            ground_truth.tracks.get(number),
            not ground_truth.has_instances,
            ground_truth.hand_tags.get(number, {}),
        )
        for number in id_areas(ground_truth.ids)
    ]
    objects = ground_truth.objects
    has_object = objects is not None and objects.any()
    return (*hands, *([Area(objects, OBJECT_LABEL)] if objects is not None and has_object else []))


def _painting_order(area: Area) -> tuple[bool, int]:
    """Crowds first, then larger before smaller."""
    return not area.is_crowd, -int(np.count_nonzero(area.mask))
