"""Decoder of the `hand_object` family: hands, and the objects that they touch.

The map has a channel for each class like that of the `semantic` family: background, hand and
object through a softmax, or hand and object each through a sigmoid of its own.
"""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.semantic import OUTPUT, class_regions, find_hands
from handseg_ros.segmentation.decoders.touching import with_touches
from handseg_ros.segmentation.description import OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import MAX_HANDS, DecodedInstances


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands and the objects of one frame, each with the highest score first.

    `outputs["logits"]` is as that of the `semantic` family. Objects smaller than `minimum_area`
    are left out like hands. Raises ValueError when the channels are not the classes.
    """
    hands = find_hands(outputs, transform, description, thresholds)
    regions = class_regions(OBJECT, outputs, transform, description, thresholds)
    objects = tuple(
        region.as_object(number) for number, region in enumerate(regions[:MAX_HANDS], start=1)
    )
    frame = transform.frame_height, transform.frame_width
    return DecodedInstances(with_touches(hands, objects, frame), objects)


DECODER = Decoder(
    decode, outputs=(OUTPUT,), fields=("output_layout", "activation"), classes=(OBJECT,)
)
