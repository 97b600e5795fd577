"""Which part of a box is hand, where the signs of `pseudo_labels` do not agree on its whole mask.

A person drew the box, so a hand is in it and fills a good part of it (the tightness of Hsu et al.,
"Weakly Supervised Instance Segmentation using the Bounding Box Tightness Prior", NeurIPS 2019).
The likeliest part is claimed and nothing about the rest.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.grab_cut import colour_foreground

# Mask thresholds, tried one after the other until what is above fills enough of the box.
_MASK_THRESHOLDS = (0.5, 0.35, 0.2, 0.1, 0.05)
# What a hand fills of its box at least, and at most where no threshold tells it from the rest.
_FILLED = (0.15, 0.85)
# Where a model sees no hand: the half axes of the ellipse in the box's middle, in its sides.
_MIDDLE = 0.4
_COLOUR_ROUNDS = 4


def likeliest_part(segmenter: Segmenter, crop: np.ndarray, drawn: np.ndarray) -> np.ndarray | None:
    """Return the pixels of a drawn box that are hand, bool (H, W), None where nothing tells them.

    `crop` is uint8 (H, W, 3), BGR, the box and some of its surroundings; `drawn` is bool (H, W),
    the box. What a model marks at the highest threshold that fills enough of the box; where there
    is none, what has other colours than the surroundings in the middle of the box, if it has any
    surroundings.
    """
    smallest, largest = (share * np.count_nonzero(drawn) for share in _FILLED)
    for threshold in _MASK_THRESHOLDS:
        thresholds = Thresholds(score=0.9 * threshold, mask=threshold, minimum_area=0.0)
        found = (segmenter.segment(crop, thresholds).mask() > 0) & drawn
        if np.count_nonzero(found) >= smallest:
            return found if np.count_nonzero(found) <= largest else None
    if drawn.all():
        return None
    surroundings = np.where(drawn, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    part = colour_foreground(crop, surroundings, _COLOUR_ROUNDS) & _middle(drawn)
    return part if np.count_nonzero(part) >= smallest else None


def _middle(drawn: np.ndarray) -> np.ndarray:
    x, y, width, height = cv2.boundingRect(drawn.astype(np.uint8))
    ellipse = np.zeros(drawn.shape, np.uint8)
    centre = x + width // 2, y + height // 2
    axes = max(1, round(_MIDDLE * width)), max(1, round(_MIDDLE * height))
    cv2.ellipse(ellipse, centre, axes, 0, 0, 360, 1, cv2.FILLED)
    return ellipse > 0
