"""Which objects each hand touches."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion

# A hand and an object this near touch, as a share of the frame's shorter side: masks of a held
# object seldom meet the hand's exactly. At least 2 pixels.
TOUCH = 0.01


def with_touches(
    hands: tuple[Hand, ...], objects: tuple[ObjectRegion, ...], frame: tuple[int, int]
) -> tuple[Hand, ...]:
    """Return the hands of a frame of (height, width), each with the ids of what it touches."""
    reach = max(2, round(TOUCH * min(frame)))
    return tuple(replace(hand, touches=_touched(hand, objects, reach)) for hand in hands)


def _touched(hand: Hand, objects: tuple[ObjectRegion, ...], reach: int) -> tuple[int, ...]:
    """Return the ids of the objects within `reach` pixels of the hand."""
    around = hand.box.expanded(reach)
    nearby = [(item, item.box.intersection(around)) for item in objects]
    return tuple(
        item.id
        for item, near in nearby
        if near.width and near.height and _touch(hand, item, near, reach)
    )


def _touch(hand: Hand, item: ObjectRegion, near: Box, reach: int) -> bool:
    """Whether any of the object's pixels in `near` lies within `reach` pixels of the hand."""
    far = hand.box.intersection(near.expanded(reach))
    # The part of the hand from which the object can be reached, with room to reach from it.
    wide = np.zeros((near.height + 2 * reach, near.width + 2 * reach), np.uint8)
    wide[far.within(near.expanded(reach)).slices] = hand.mask[far.within(hand.box).slices]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    reached = cv2.dilate(wide, disc)[reach:-reach, reach:-reach]
    return bool((reached & item.mask[near.within(item.box).slices]).any())
