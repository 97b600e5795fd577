"""Counts the pixels of every id of a mask."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box


def box_around(ids: np.ndarray) -> Box:
    """Return the smallest box around all ids but 0, of uint8 (H, W); of no size without any."""
    return Box(*cv2.boundingRect(np.ascontiguousarray(ids)))


def id_areas(ids: np.ndarray) -> dict[int, int]:
    """Return how many pixels each id has, of uint8 (H, W); 0, the background, is left out.

    Ids are few, so one comparison of all pixels for each is far faster than a histogram.
    """
    left = ids[box_around(ids).slices].copy()
    areas: dict[int, int] = {}
    while left.size and (number := int(left.max())):
        own = left == number
        areas[number] = int(np.count_nonzero(own))
        left[own] = 0
    return dict(sorted(areas.items()))
