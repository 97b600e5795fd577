"""A small picture with the outlines of its labels, each side in a colour of its own."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.datasets.annotations import areas_of
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.segmentation.overlay import COLOURS, OBJECT_COLOUR, Colour

# BGR. Those of the overlay that are least alike; the page's key has them too.
LABEL_COLOURS: dict[str, Colour] = {
    "left_hand": COLOURS[0],
    "right_hand": COLOURS[1],
    "hand": COLOURS[2],
    "object": OBJECT_COLOUR,
}
_RIM: Colour = (24, 24, 24)
_LINE, _RIM_LINE = 2, 4


def thumbnail(frame: LabelledFrame, longest: int) -> np.ndarray:
    """Return a frame with its outlines, uint8 BGR, whose longer side is `longest` at most."""
    height, width = frame.image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
    areas = () if frame.ground_truth is None else areas_of(frame.ground_truth)
    # objects first, so that the hands that hold them lie above
    for area in sorted(areas, key=lambda item: item.label != "object"):
        _outline(small, area)
    return small


def _outline(picture: np.ndarray, area: Area) -> None:
    """Draw the outline of an area, and those of its holes, with a dark rim around the line."""
    size = picture.shape[1], picture.shape[0]
    scaled = cv2.resize(area.mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(scaled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, _RIM, _RIM_LINE, cv2.LINE_AA)
    cv2.drawContours(picture, contours, -1, LABEL_COLOURS[area.label], _LINE, cv2.LINE_AA)
