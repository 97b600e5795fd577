"""The ids of an instance image as colours, for people: viewers show small numbers as black."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import COLOURS

_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)


def draw_ids(segmentation: Segmentation) -> np.ndarray:
    """Return a picture of the hands alone, uint8 BGR (height, width, 3): each id in its colour.

    The background is black, and each hand has its id, its value in the instance image, written on
    its middle. Seven hands and more begin with the first colour again.
    """
    colours = np.zeros((256, 3), np.uint8)
    colours[1:] = np.resize(np.array(COLOURS, np.uint8), (255, 3))
    picture = colours[segmentation.instances()]
    for hand in segmentation.hands:
        _write(picture, str(hand.id), hand.centroid)
    return picture


def _write(picture: np.ndarray, text: str, middle: tuple[float, float]) -> None:
    size = max(0.5, min(picture.shape[:2]) / 480)
    stroke = max(1, round(2 * size))
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, stroke)
    rows, columns = picture.shape[:2]
    # inside the picture, also where the hand is at its edge
    x = min(max(0, round(middle[0] - width / 2)), max(0, columns - width))
    y = min(max(height, round(middle[1] + height / 2)), rows)
    for colour, thickness in ((_BLACK, 3 * stroke), (_WHITE, stroke)):
        cv2.putText(
            picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thickness, cv2.LINE_AA
        )
