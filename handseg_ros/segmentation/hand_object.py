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
    reach = max(2, round(TOUCH * min(frame)))
    return tuple(
        replace(hand, touches=tuple(item.id for item in objects if _touch(hand, item, reach)))
        for hand in hands
    )


def _touch(hand: Hand, item: ObjectRegion, reach: int) -> bool:
    """Whether any of the object's pixels lies within `reach` pixels of one of the hand's."""
    near = item.box.overlap(hand.box.grown(reach))
    far = hand.box.overlap(near.grown(reach))
    if not near.width or not near.height:
        return False
    # The part of the hand from which the object can be reached, with room to reach from it.
    wide = np.zeros((near.height + 2 * reach, near.width + 2 * reach), np.uint8)
    wide[far.within(near.grown(reach)).slices] = hand.mask[far.within(hand.box).slices]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    reached = cv2.dilate(wide, disc)[reach:-reach, reach:-reach]
    return bool((reached & item.mask[near.within(item.box).slices]).any())


FAMILY = Family(
    decode, outputs=(OUTPUT,), fields=("output_layout", "activation"), classes=(OBJECT,)
)
