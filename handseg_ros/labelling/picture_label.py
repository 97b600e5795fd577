"""The label of one picture as it travels to whoever draws it, and back."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.area_attributes import all_attributes, area_with
from handseg_ros.datasets.label_names import labelled_regions
from handseg_ros.segmentation.errors import HandsegError, quoted
from handseg_ros.segmentation.hands import Box, Segmentation
from handseg_ros.segmentation.run_lengths import check_counts, run_counts

Shape = tuple[int, int]  # height, width


class LabelError(HandsegError):
    """A label that cannot be one of its picture."""


@dataclass(frozen=True)
class LabelInstance:
    """One hand or object: `label` is one of `annotations.LABELS`.

    `counts` are COCO's uncompressed run lengths of the whole picture; `attributes` is what else the
    label's file has of it, a crowd's and a track's among them, and is written again as it came.
    """

    label: str
    counts: tuple[int, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PictureLabel:
    """What is drawn on a picture of `shape`.

    `revision` is that of its file, '' where there is none and a model suggests the instances.
    """

    shape: Shape
    revision: str
    instances: tuple[LabelInstance, ...]

    @property
    def is_saved(self) -> bool:
        """Whether there is a file of it."""
        return bool(self.revision)


def suggested(segmentation: Segmentation) -> PictureLabel:
    """Return what a model found, for a person to correct."""
    shape = segmentation.height, segmentation.width
    instances = tuple(
        LabelInstance(region.name, tuple(run_counts(region.part.mask > 0, region.box, shape)))
        for region in labelled_regions(segmentation)
    )
    return PictureLabel(shape, "", instances)


def of_areas(areas: Sequence[Area], shape: Shape, revision: str) -> PictureLabel:
    """Return what a label's file has; areas without a pixel are left out."""
    drawn = [area for area in areas if area.mask.any()]
    return PictureLabel(shape, revision, tuple(_instance(area, shape) for area in drawn))


def _instance(area: Area, shape: Shape) -> LabelInstance:
    box = Box(*cv2.boundingRect(area.mask.view(np.uint8)))
    counts = run_counts(area.mask[box.slices], box, shape)
    return LabelInstance(area.label, tuple(counts), all_attributes(area))


def areas_of_label(instances: Sequence[LabelInstance], shape: Shape) -> list[Area]:
    """Return the areas of what was drawn, those without a pixel left out; raises LabelError."""
    return [area for area in (_area(item, shape) for item in instances) if area.mask.any()]


def _area(item: LabelInstance, shape: Shape) -> Area:
    if item.label not in LABELS:
        raise LabelError(
            f"there is no label {quoted(item.label)}: choose one of {', '.join(LABELS)}"
        )
    counts = np.asarray(item.counts, np.int64)
    try:
        check_counts(counts, shape)
    except ValueError as error:
        raise LabelError(
            f"a mask does not fit its picture of {shape[1]}x{shape[0]} pixels ({error}): load the "
            "picture again"
        ) from error
    pixels = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    mask = np.ascontiguousarray(pixels.reshape(shape[1], shape[0]).T)
    return area_with(mask, item.label, item.attributes)
