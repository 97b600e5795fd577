"""Decoder of the `hand_object` family: hands, and the objects that they touch.

The map has a channel for each class like that of the `semantic` family: background, hand and
object through a softmax, or hand and object each through a sigmoid of its own.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from handseg_ros.segmentation.description import HAND, OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.family import Family
from handseg_ros.segmentation.geometry import Placement
from handseg_ros.segmentation.hands import MOST_HANDS, Found, Hand, ObjectRegion
from handseg_ros.segmentation.semantic import OUTPUT, class_regions, hands_of

# A hand and an object this near touch, as a share of the frame's shorter side: masks of a held
# object seldom meet the hand's exactly. At least 2 pixels.
TOUCH = 0.01


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
    hands = hands_of(class_regions(HAND, outputs, placement, description, thresholds), thresholds)
    regions = class_regions(OBJECT, outputs, placement, description, thresholds)
    objects = tuple(
        ObjectRegion(number, part.score, part.box, part.mask, part.area, part.centroid)
        for number, part in enumerate(regions[:MOST_HANDS], start=1)
    )
    if hands and objects:
        hands = _with_touches(hands, objects, (placement.frame_height, placement.frame_width))
    return Found(hands, objects)


def _with_touches(
    hands: tuple[Hand, ...], objects: tuple[ObjectRegion, ...], frame: tuple[int, int]
) -> tuple[Hand, ...]:
    ids = np.zeros(frame, np.uint8)
    for item in objects:
        np.copyto(ids[item.box.slices], item.id, where=item.mask > 0)
    reach = max(2, round(TOUCH * min(frame)))
    return tuple(replace(hand, touches=_touched(hand, ids, reach)) for hand in hands)


def _touched(hand: Hand, ids: np.ndarray, reach: int) -> tuple[int, ...]:
    """Return the ids of the objects within `reach` pixels of the hand."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide = cv2.copyMakeBorder(hand.mask, *(4 * (reach,)), cv2.BORDER_CONSTANT, value=0)
    near = cv2.dilate(wide, disc)
    # The border may lie beyond the frame, where no object is.
    x, y = hand.box.x - reach, hand.box.y - reach
    left, top = max(0, -x), max(0, -y)
    inside = ids[max(0, y) : y + near.shape[0], max(0, x) : x + near.shape[1]]
    near = near[top : top + inside.shape[0], left : left + inside.shape[1]]
    counts = np.bincount(inside[near > 0], minlength=1)
    return tuple(int(number) for number in np.flatnonzero(counts[1:]) + 1)


FAMILY = Family(
    decode, outputs=(OUTPUT,), fields=("output_layout", "activation"), classes=(OBJECT,)
)
