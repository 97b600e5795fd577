"""Decoder of the `semantic` family: a map with a channel for each class, as most networks give it.

DeepLab, U-Net, FCN and their like: raw logits (`activation` softmax, sigmoid or argmax) or
probabilities (none). Hands are the connected regions of their class; which is left and which is
right such networks do not tell.
"""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.description import HAND, ModelDescription, Thresholds
from handseg_ros.segmentation.families.class_fields import class_field, class_planes
from handseg_ros.segmentation.families.family import Family
from handseg_ros.segmentation.families.regions import Region, find_regions
from handseg_ros.segmentation.geometry import Placement
from handseg_ros.segmentation.hands import MOST_HANDS, Found, Hand

OUTPUT = "logits"


def decode(
    outputs: dict[str, np.ndarray],
    placement: Placement,
    description: ModelDescription,
    thresholds: Thresholds,
) -> Found:
    """Return the hands of one frame, highest score first.

    `outputs["logits"]` is (1, classes, rows, columns) or (1, rows, columns, classes), as
    `output_layout` says. Raises ValueError when its channels are not the classes.
    """
    regions = class_regions(HAND, outputs, placement, description, thresholds)
    return Found(hands_of(regions, thresholds))


def class_regions(
    name: str,
    outputs: dict[str, np.ndarray],
    placement: Placement,
    description: ModelDescription,
    thresholds: Thresholds,
) -> list[Region]:
    """Return the regions of a class, by its name, highest score first; raises ValueError."""
    planes = class_planes(outputs, OUTPUT, description)
    grid = placement.grid(planes.shape[1], planes.shape[2])
    field = class_field(grid.seen(planes), name, description, thresholds.mask)
    least = thresholds.minimum_area * placement.frame_height * placement.frame_width
    return find_regions(field, grid, least)


def hands_of(regions: list[Region], thresholds: Thresholds) -> tuple[Hand, ...]:
    """Return the regions that are certain enough as hands, in their order."""
    certain = [region for region in regions if region.score >= thresholds.score]
    return tuple(
        region.as_hand(number) for number, region in enumerate(certain[:MOST_HANDS], start=1)
    )


FAMILY = Family(decode, outputs=(OUTPUT,), fields=("output_layout", "activation"), classes=(HAND,))
