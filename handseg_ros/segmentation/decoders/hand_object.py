"""Decoder of the `hand_object` family: hands, and the objects that they touch.

The map has a channel for each class like that of the `semantic` family: background, hand and
object through a softmax, or hand and object each through a sigmoid of its own.
"""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Family
from handseg_ros.segmentation.decoders.semantic import OUTPUT, class_regions, find_hands
from handseg_ros.segmentation.decoders.touching import with_touches
from handseg_ros.segmentation.description import OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import Placement
from handseg_ros.segmentation.hands import MOST_HANDS, Found


def decode(
    outputs: dict[str, np.ndarray],
    placement: Placement,
    description: ModelDescription,
    thresholds: Thresholds,
) -> Found:
    """Return the hands and the objects of one frame, each with the highest score first.

    `outputs["logits"]` is as that of the `semantic` family. Objects smaller than `minimum_area`
    are left out like hands. Raises ValueError when the channels are not the classes.
    """
    hands = find_hands(outputs, placement, description, thresholds)
    regions = class_regions(OBJECT, outputs, placement, description, thresholds)
    objects = tuple(
        region.as_object(number) for number, region in enumerate(regions[:MOST_HANDS], start=1)
    )
    frame = placement.frame_height, placement.frame_width
    return Found(with_touches(hands, objects, frame), objects)


FAMILY = Family(
    decode, outputs=(OUTPUT,), fields=("output_layout", "activation"), classes=(OBJECT,)
)
