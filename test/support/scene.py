"""Four painted hands and an object that one of them touches: what every family is asked to find."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from support.painted_hand import paint_hand

from handseg_ros.segmentation.hands import DecodedInstances, Hand, ObjectRegion

FRAME = (480, 640)
# Palm (x, y), its radius and where the fingers begin; pixels of the frame and radians.
_HANDS = (
    ((165, 165), 52, 1.0 * math.pi),
    ((480, 140), 47, 1.1 * math.pi),
    ((170, 345), 44, 0.1 * math.pi),
    ((465, 335), 50, 1.9 * math.pi),
)
_THING = ((545, 215), (26, 44))
HANDS = tuple(range(1, len(_HANDS) + 1))
THING = len(_HANDS) + 1
# Of a thing's own pixels and those found: the smallest model's cells are 16 pixels wide.
_LEAST_OVERLAP = 0.8


def painted_ids() -> np.ndarray:
    """Return uint8 (480, 640): one of `HANDS` or `THING`, or 0, in each pixel."""
    ids = np.zeros(FRAME, np.uint8)
    cv2.ellipse(ids, *_THING, 0, 0, 360, THING, -1)
    for number, (palm, radius, angle) in zip(HANDS, _HANDS, strict=True):
        paint_hand(ids, np.array(palm), radius, angle, number)
    return ids


def check(found: DecodedInstances) -> None:
    """Raise ValueError when what is found are not the hands, each alone, and the object alike.

    The object is asked for where objects are known at all.
    """
    ids = painted_ids()
    _check_same("hands", found.hands, [ids == number for number in HANDS])
    if found.objects is None:
        return
    _check_same("objects", found.objects, [ids == THING])
    touching = sum(bool(hand.touches) for hand in found.hands)
    if touching != 1:
        raise ValueError(f"{touching} hands touch the object, but one should")


def _check_same(
    name: str, found: Sequence[Hand | ObjectRegion], wanted: Sequence[np.ndarray]
) -> None:
    if len(found) != len(wanted):
        raise ValueError(f"{len(found)} {name} were found, but {len(wanted)} are there")
    for number, mask in enumerate(wanted, start=1):
        best = max(_overlap(item, mask) for item in found)
        if best < _LEAST_OVERLAP:
            raise ValueError(f"of the {name}, number {number} was found with an IoU of {best:.2f}")


def _overlap(item: Hand | ObjectRegion, mask: np.ndarray) -> float:
    """Return the intersection over union with a mask of the frame, bool."""
    common = np.count_nonzero(mask[item.box.slices] & (item.mask > 0))
    return common / (np.count_nonzero(mask) + item.area - common)
