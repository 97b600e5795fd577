"""How many pixels two masks share, at a cost that does not grow with the masks."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box

# Of a larger overlap every n-th row and column is looked at: so many of each at most, which tells
# the share of two hands to a few per cent.
_MOST_SAMPLES = 64


def shared_pixels(box: Box, mask: np.ndarray, other_box: Box, other_mask: np.ndarray) -> float:
    """Return about how many pixels are set in both masks.

    Masks are uint8, 0 or 255, each as large as its box; boxes are in pixels of one frame and may
    reach beyond it. Exact up to 64 x 64 pixels of both boxes, else from a grid of such a size.
    """
    both = box.intersection(other_box)
    if not (both.width and both.height):
        return 0.0
    mine = _sampled(mask, both.within(box))
    others = _sampled(other_mask, both.within(other_box))
    share = cv2.countNonZero(cv2.bitwise_and(mine, others)) / mine.size
    return share * both.width * both.height


def _sampled(mask: np.ndarray, box: Box) -> np.ndarray:
    rows, columns = (_every_nth(span) for span in box.slices)
    return mask[rows, columns]


def _every_nth(span: slice) -> slice:
    step = math.ceil((span.stop - span.start) / _MOST_SAMPLES)
    # From the middle of the first step on: a hand's outermost rows and columns have few pixels.
    return slice(span.start + step // 2, span.stop, step)
