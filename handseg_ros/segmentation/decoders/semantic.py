"""Decoder of the `semantic` family: a map with a channel for each class, as most networks give it.

DeepLab, U-Net, FCN and their like: raw logits (`activation` softmax, sigmoid or argmax),
probabilities (none), or the class's number in each pixel (class_map). Hands are the connected
regions of their class. Which is left and which is right is known where they are two classes.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from handseg_ros.segmentation.decoders.class_map_detection import (
    OUTPUT,
    exclusive_classes,
    find_class_maps,
)
from handseg_ros.segmentation.decoders.decoder import Decoder, MaskExport
from handseg_ros.segmentation.decoders.detection import DecoderMatch
from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.decoders.regions import Region, UnassignedPixels, find_regions
from handseg_ros.segmentation.decoders.score_maps import score_map, score_planes
from handseg_ros.segmentation.description import InputDescription, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import MAX_HANDS, DecodedInstances, Hand, Side


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, highest score first.

    `outputs["logits"]` has the axes that `output_layout` says, the batch's being 1. Raises
    ValueError when its channels are not the classes, or its values not what `activation` says.
    """
    return DecodedInstances(find_hands(outputs, transform, description, thresholds))


def find_hands(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> tuple[Hand, ...]:
    """Return the hands of every class that is one, highest score first; raises ValueError."""
    sides = [(name, side) for name, side in HAND_SIDES.items() if name in description.classes]
    found = [
        (region, side)
        for name, side in sides
        for region in class_regions(name, outputs, transform, description, thresholds)
    ]
    certain = [(region, side) for region, side in found if region.score >= thresholds.score]
    certain.sort(key=lambda item: -item[0].score)
    if len(sides) > 1:
        frame = transform.frame_height, transform.frame_width
        certain = list(_without_overlap(certain, frame, thresholds))
    return _hands(certain[:MAX_HANDS])


def class_regions(
    name: str,
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> list[Region]:
    """Return the regions of a class, by its name, highest score first; raises ValueError."""
    planes = score_planes(outputs, OUTPUT, description)
    grid = transform.grid(planes.shape[1], planes.shape[2])
    scores = score_map(grid.seen(planes), name, description, thresholds.mask)
    min_area = thresholds.minimum_area * transform.frame_height * transform.frame_width
    return find_regions(scores, grid, min_area)


def _without_overlap(
    found: Sequence[tuple[Region, Side]], frame: tuple[int, int], thresholds: Thresholds
) -> Iterable[tuple[Region, Side]]:
    """Leave a pixel that two classes claim to the more certain region."""
    unassigned = UnassignedPixels.of(frame)
    min_area = max(1.0, thresholds.minimum_area * frame[0] * frame[1])
    for region, side in found:
        left = unassigned.assign(region.mask > 0, region.box, region.score, min_area)
        if left is not None:
            yield left, side


def _hands(found: Sequence[tuple[Region, Side]]) -> tuple[Hand, ...]:
    return tuple(
        region.as_hand_of_class(number, side)
        for number, (region, side) in enumerate(found, start=1)
    )


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match classes that exclude each other, of one image."""
    maps = find_class_maps(outputs, image)
    if maps is None or image.background is not None:
        return None
    return exclusive_classes("semantic", maps)


HAND_MASK = MaskExport(OUTPUT, {"mask": tuple(HAND_SIDES)})
DECODER = Decoder(
    decode,
    detect,
    outputs=(OUTPUT,),
    export=HAND_MASK,
    fields=("output_layout", "activation"),
)
