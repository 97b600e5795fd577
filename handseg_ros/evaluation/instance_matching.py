"""Which found hand is which known one: masks at full size, IoU of every pair, matching.

Masks are bool (H, W), all of one frame and so of one shape.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.hands import Segmentation

# The overlap from which a hand counts as found: Everingham et al., "The PASCAL Visual Object
# Classes (VOC) Challenge", IJCV 2010, section 4.2; COCO's AP50 uses the same.
MATCH_IOU = 0.5
# A hand of which fewer pixels are seen is too small to judge a model by: it is ignored.
SMALLEST_HAND = 40
# Names of sizes, each from its own least `size_of` on.
SIZES = {"small": 0.0, "medium": 0.06, "large": 0.15}


@dataclass(frozen=True)
class Match:
    """How one known hand fared: its best IoU with any found hand, and the found hand that is it.

    `finder` is that hand's place among the found ones, None when the known hand is missed.
    """

    iou: float
    finder: int | None


def size_of(area: int, shape: tuple[int, int]) -> float:
    """Return the root of an area as a share of that of a frame of `shape`: 0 to 1."""
    return math.sqrt(area / (shape[0] * shape[1]))


def size_name(size: float) -> str:
    """Return the name among `SIZES` of a size of `size_of`."""
    return max((name for name in SIZES if size >= SIZES[name]), key=lambda name: SIZES[name])


def found_masks(segmentation: Segmentation) -> list[np.ndarray]:
    """Return the mask of every found hand at the frame's size, in the order of its hands."""
    masks = []
    for hand in segmentation.hands:
        mask = np.zeros((segmentation.height, segmentation.width), bool)
        mask[hand.box.slices] = hand.mask > 0
        masks.append(mask)
    return masks


def iou_table(found: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> np.ndarray:
    """Return the IoU of every found (row) with every known hand (column), float64 (F, K).

    Raises ValueError when shapes differ.
    """
    table = np.zeros((len(found), len(known)))
    for row, mask in enumerate(found):
        table[row] = [overlap(mask, other).iou for other in known]
    return table


def match(
    table: np.ndarray, scores: Sequence[float], least: float = MATCH_IOU
) -> tuple[int | None, ...]:
    """Return, for each known hand, the row of the found hand that is it, or None.

    One to one and greedy, as COCO's evaluation does it (Lin et al., "Microsoft COCO", ECCV 2014;
    `COCOeval.evaluateImg`): by descending score each found hand takes, of the known hands that
    are still free and that it overlaps with an IoU of `least` or more, the one it overlaps most.
    """
    finders: list[int | None] = [None] * table.shape[1]
    for row in sorted(range(len(scores)), key=lambda index: -scores[index]):
        free = [
            column
            for column, finder in enumerate(finders)
            if finder is None and table[row, column] >= least
        ]
        if free:
            finders[max(free, key=lambda column: float(table[row, column]))] = row
    return tuple(finders)


def fates(
    found: Sequence[np.ndarray], scores: Sequence[float], known: Sequence[np.ndarray]
) -> tuple[Match, ...]:
    """Return how each known hand fared against the found ones, whose scores are given."""
    table = iou_table(found, known)
    finders = match(table, scores)
    return tuple(
        Match(float(table[:, column].max(initial=0.0)), finder)
        for column, finder in enumerate(finders)
    )
