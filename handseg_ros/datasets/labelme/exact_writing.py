"""Writes labels as labelme's shapes of the type `mask`, which lose no pixel.

Format: https://github.com/wkentaro/labelme, `labelme/label_file.py` and `labelme/utils/shape.py`: a
picture in the box between two points, both inclusive, as PNG in base64. What labelme has no field
for stands in fields of our own, which it keeps when it saves.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.annotations import areas_of
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.area_attributes import all_attributes
from handseg_ros.datasets.field_names import (
    ATTRIBUTES,
    ORIENTATION,
    PERSON,
    SEQUENCE,
    SOURCE,
    TAGS,
    UPRIGHT,
)
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.labelme.file import DESCRIPTION, FLAGS
from handseg_ros.datasets.labelme.writing import VERSION
from handseg_ros.datasets.picture_folder import background_not_held, place_picture
from handseg_ros.media.atomic_files import write_text


class LabelmeFolder:
    """Writes a folder frame by frame, a JSON file beside each picture that has a label.

    `losses` counts what the format cannot hold, in half sentences.
    """

    def __init__(self, path: Path) -> None:
        """Write into a folder, which is empty."""
        self._path = path
        self.losses: Counter[str] = Counter()

    def add(self, frame: LabelledFrame, title: str) -> None:
        """Write a frame's picture and label; raises MediaError."""
        file = self._path / place_picture(self._path, frame)
        self.losses.update(background_not_held(frame))
        truth = frame.ground_truth
        if truth is None:
            return
        areas = areas_of(truth)
        if not all(area.mask.any() for area in areas):
            self.losses["areas without a pixel were left out"] += 1
        height, width = frame.image.shape[:2]
        content = labelme_content_of(file.name, areas, (height, width))
        write_text(file.with_suffix(".json"), json.dumps({**content, **_words(frame, title)}))

    def finish(self) -> None:
        """Do nothing, as each frame is whole by itself."""


def labelme_content_of(
    picture: str, areas: Sequence[Area], shape: tuple[int, int]
) -> dict[str, Any]:
    """Return the content of the file of a picture, by its name and its upright shape (H, W)."""
    return {
        "version": VERSION,
        "flags": {},
        "shapes": [_shape(area) for area in areas if area.mask.any()],
        "imagePath": picture,
        "imageData": None,
        "imageHeight": shape[0],
        "imageWidth": shape[1],
        ORIENTATION: UPRIGHT,
    }


def _words(frame: LabelledFrame, title: str) -> dict[str, Any]:
    tags = dict(frame.tags)
    known = {name: tags.pop(name) for name in (SOURCE, PERSON) if name in tags}
    if frame.sequence != title:
        known[SEQUENCE] = frame.sequence
    return {**known, TAGS: tags} if tags else known


def _shape(area: Area) -> dict[str, Any]:
    left, top, width, height = cv2.boundingRect(area.mask.view(np.uint8))
    inside = np.ascontiguousarray(area.mask[top : top + height, left : left + width])
    _, data = cv2.imencode(".png", inside.view(np.uint8))
    attributes = all_attributes(area)
    return {
        "label": area.label,
        "points": [[left, top], [left + width - 1, top + height - 1]],
        "group_id": None,
        DESCRIPTION: attributes.pop(DESCRIPTION, ""),
        "shape_type": "mask",
        FLAGS: attributes.pop(FLAGS, {}),
        "mask": base64.b64encode(data.tobytes()).decode("ascii"),
        ATTRIBUTES: attributes,
    }
