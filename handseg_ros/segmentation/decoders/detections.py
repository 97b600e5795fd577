"""From a detector's boxes, scores and labels to hands and objects with masks at the frame's size.

What the families of detectors share. How the mask of one detection is sampled is their own.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.regions import Region, UnassignedPixels
from handseg_ros.segmentation.decoders.touching import with_touches
from handseg_ros.segmentation.description import (
    HAND,
    LEFT_HAND,
    OBJECT,
    RIGHT_HAND,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import MAX_HANDS, Box, DecodedInstances, Hand, Side

# The side of each class that is a hand, by the name that a description gives it.
HAND_SIDES = {HAND: Side.UNKNOWN, LEFT_HAND: Side.LEFT, RIGHT_HAND: Side.RIGHT}
# A detection of which more certain ones have more than this share is the same thing found twice.
LARGEST_SHARED = 0.5

# The pixels of one detection, by its place, in a box of the frame: bool (box.height, box.width).
SampleMask = Callable[[int, Box], np.ndarray]


@dataclass(frozen=True)
class Detections:
    """What a detector found in one frame, in its own order.

    `edges` are float64 (N, 4), left, top, right, bottom as lines between the frame's pixels;
    `scores` float32 (N,), 0 to 1; `labels` int64 (N,), places among the description's classes.
    """

    edges: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def of(self, classes: Collection[int], least_score: float) -> np.ndarray:
        """Return the places of these classes' detections, the most certain first.

        Boxes without an area are left out: graphs of a fixed count fill up with such.
        """
        is_box = (self.edges[:, 2:] > self.edges[:, :2]).all(axis=1)
        wanted = is_box & np.isin(self.labels, list(classes)) & (self.scores >= least_score)
        indices = np.flatnonzero(wanted)
        return indices[np.argsort(-self.scores[indices], kind="stable")]


def find_instances(
    detections: Detections,
    sample: SampleMask,
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of a frame and, where the description names them, its objects.

    No pixel belongs to two hands, or to two objects: the more certain one keeps it, and what
    loses most of its pixels so is left out. Raises ModelError when a detection that is certain
    enough has a label without a class.
    """
    _check_labels(detections, description, thresholds)
    frame = transform.frame_height, transform.frame_width
    min_area = thresholds.minimum_area * frame[0] * frame[1]
    in_hands, in_objects = (
        _regions(detections.of(classes, thresholds.score), detections, sample, frame, min_area)
        for classes in (hand_classes(description), object_classes(description))
    )
    hands = _hands(in_hands, detections, description)
    if OBJECT not in description.classes:
        return DecodedInstances(hands)
    objects = tuple(region.as_object(n) for n, (_, region) in enumerate(in_objects, start=1))
    return DecodedInstances(with_touches(hands, objects, frame), objects)


def hand_classes(description: ModelDescription) -> set[int]:
    """Return the places of the classes that are hands."""
    return {index for index, name in enumerate(description.classes) if name in HAND_SIDES}


def object_classes(description: ModelDescription) -> set[int]:
    """Return the place of the class that is an object, if there is one."""
    return {index for index, name in enumerate(description.classes) if name == OBJECT}


def _check_labels(
    detections: Detections, description: ModelDescription, thresholds: Thresholds
) -> None:
    count = len(description.classes)
    certain = detections.labels[detections.scores >= thresholds.score]
    strange = certain[(certain < 0) | (certain >= count)]
    if strange.size:
        raise ModelError(
            f"model '{description.name}' gave the label {strange[0]}, but its description names "
            f"the {count} classes {', '.join(description.classes)}, counted from 0: name all "
            "classes that the network was trained with, in their order"
        )


def _hands(
    found: list[tuple[int, Region]], detections: Detections, description: ModelDescription
) -> tuple[Hand, ...]:
    hands = []
    for number, (index, region) in enumerate(found, start=1):
        side = HAND_SIDES[description.classes[detections.labels[index]]]
        hands.append(region.as_hand_of_class(number, side))
    return tuple(hands)


def _regions(
    indices: np.ndarray,
    detections: Detections,
    sample: SampleMask,
    frame: tuple[int, int],
    min_area: float,
) -> list[tuple[int, Region]]:
    """Return the detections at these places that have a region, each with its place."""
    unassigned = UnassignedPixels.of(frame)
    found = []
    for index in indices[:MAX_HANDS]:
        box = _pixels(detections.edges[index], frame)
        if unassigned.count(box) < max(1.0, min_area):
            continue
        inside = sample(int(index), box)
        score = float(detections.scores[index])
        own = (1.0 - LARGEST_SHARED) * np.count_nonzero(inside)
        region = unassigned.assign(inside, box, score, max(min_area, own))
        if region is not None:
            found.append((int(index), region))
    return found


def _pixels(edges: np.ndarray, frame: tuple[int, int]) -> Box:
    """Return the frame's pixels whose centres lie in a box; it may be empty."""
    height, width = frame
    first = np.ceil(np.clip(edges - 0.5, 0, (width, height, width, height))).astype(int)
    left, top, right, bottom = (int(edge) for edge in first)
    return Box(left, top, right - left, bottom - top)
