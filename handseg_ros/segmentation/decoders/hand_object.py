"""Decoder of the `hand_object` family: hands, and the objects that they touch.

The map has a channel for each class like that of the `semantic` family: background, hand and
object through a softmax, or hand and object each through a sigmoid of its own.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.class_map_detection import (
    ACTIVATION_OPTION,
    OUTPUT,
    SIDED_ORDERS,
    find_class_maps,
)
from handseg_ros.segmentation.decoders.decoder import Decoder, MaskExport
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.decoders.semantic import HAND_MASK, class_regions, find_hands
from handseg_ros.segmentation.decoders.touching import with_touches
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    OBJECT,
    InputDescription,
    ModelDescription,
    Thresholds,
)
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


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match hand and object, with a background or each for itself."""
    maps = find_class_maps(outputs, image)
    if maps is None or maps.count not in (2, 3) or image.background is not None:
        return None
    rest = (BACKGROUND,) if maps.count == 3 else ()
    sided = SIDED_ORDERS if rest else ()
    details = maps.details
    if not rest and details[-1].value == "softmax":
        # Two classes that excluded each other would leave no background.
        reason = "logits of two masks that may overlap"
        own = InferredField("activation", "sigmoid", reason, ACTIVATION_OPTION)
        details = (*details[:-1], own)
    return DecoderMatch(
        "hand_object",
        maps.reason,
        {OUTPUT: maps.name},
        ((*rest, HAND, OBJECT), (*rest, OBJECT, HAND), *sided),
        details,
        maps.resize,
        others=maps.others,
        family_without_objects="semantic",
        must_be_named=not rest,
    )


DECODER = Decoder(
    decode,
    detect,
    outputs=(OUTPUT,),
    export=MaskExport(OUTPUT, {**HAND_MASK.masks, "objects": (OBJECT,)}),
    fields=("output_layout", "activation"),
    classes=(OBJECT,),
)
