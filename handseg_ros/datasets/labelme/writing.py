"""labelme's labels from what a model finds: one JSON file a picture, with polygons to drag.

Format: https://github.com/wkentaro/labelme, `labelme/label_file.py` of its version 5. A corner is
the middle of a pixel, as a picture's coordinates begin at the top left pixel's edge. Polygons have
no holes; the pieces of one hand share its `group_id`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.label_names import LabelledRegion, labelled_regions
from handseg_ros.segmentation.hands import Segmentation

VERSION = "5.0.0"
# How far a simplified outline may be from the mask's, in pixels: few corners are quick to correct.
_TOLERANCE = 1.0
_MIDDLE = 0.5


def labelme_file(picture: str, segmentation: Segmentation) -> dict[str, Any]:
    """Return the content of the file beside a picture, whose name is given."""
    shapes = [
        _shape(labelled, corners)
        for labelled in labelled_regions(segmentation)
        for corners in outlines(labelled.part.mask)
    ]
    return {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": picture,
        "imageData": None,
        "imageHeight": segmentation.height,
        "imageWidth": segmentation.width,
    }


def outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the outlines of a mask's pieces, each float (corners, 2), x and y in pixels.

    Pieces of one row or column, which have no three corners, are left out.
    """
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    simple = (_simplified(outline)[:, 0] for outline in found)
    return [corners + _MIDDLE for corners in simple if len(corners) >= 3]


def _simplified(outline: np.ndarray) -> np.ndarray:
    """Return fewer corners, but no fewer than make a polygon."""
    simple = cv2.approxPolyDP(outline, _TOLERANCE, closed=True)
    return simple if len(simple) >= 3 else outline


def _shape(labelled: LabelledRegion, corners: np.ndarray) -> dict[str, Any]:
    box = labelled.box
    return {
        "label": labelled.name,
        "points": (corners + np.array([box.x, box.y])).tolist(),
        "group_id": labelled.number,
        "description": "",
        "shape_type": "polygon",
        "flags": {},
    }
