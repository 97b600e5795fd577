"""Which objects each hand touches."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Hand, ObjectRegion

# A hand and an object this near touch, as a share of the frame's shorter side: masks of a held
# object seldom meet the hand's exactly. At least 2 pixels.
TOUCH = 0.01


def with_touches(
    hands: tuple[Hand, ...], objects: tuple[ObjectRegion, ...], frame: tuple[int, int]
) -> tuple[Hand, ...]:
    """Return the hands of a frame of (height, width), each with the ids of what it touches."""
    if not hands or not objects:
        return hands
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
