"""COCO's images and annotations for one converted picture, as they stand in the file but for ids.

Format: https://cocodataset.org/#format-data. Masks are compressed run lengths, so that no pixel
differs. An area of which only a box is known has an empty `segmentation`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.annotations import HAND_LABELS, LABELS, PERSON_LABEL
from handseg_ros.datasets.conversion.member import ConvertedArea, ConvertedFrame
from handseg_ros.datasets.field_names import (
    BACKGROUND,
    ORIENTATION,
    PERSON,
    SEQUENCE,
    SIDE,
    SOURCE,
    TAGS,
    TOGETHER,
    TRACK,
    UPRIGHT,
)
from handseg_ros.datasets.run_lengths import encode_inside, to_text
from handseg_ros.image_messages.orientation import NORMAL
from handseg_ros.segmentation.hands import Box, Side

CATEGORIES = [{"id": number, "name": name} for number, name in enumerate(LABELS, start=1)]
# Only of sets that label people.
PERSON_CATEGORY = {"id": len(CATEGORIES) + 1, "name": PERSON_LABEL}
_IDS = {item["name"]: item["id"] for item in (*CATEGORIES, PERSON_CATEGORY)}


def image_record(frame: ConvertedFrame, file_name: str, source: str) -> dict[str, Any]:
    """Return a picture's entry in `images`, without an id."""
    height, width = frame.picture.shape
    record: dict[str, Any] = {
        "file_name": file_name,
        "width": width,
        "height": height,
        SOURCE: frame.source or source,
        SEQUENCE: frame.sequence,
    }
    if frame.person is not None:
        record[PERSON] = frame.person
    if frame.background is not None:
        record[BACKGROUND] = frame.background
    if frame.tags:
        record[TAGS] = dict(frame.tags)
    if frame.picture.orientation != NORMAL:
        record[ORIENTATION] = UPRIGHT
    return record


def annotation_record(area: ConvertedArea) -> dict[str, Any]:
    """Return an area's entry in `annotations`, without ids.

    Raises ValueError for one with neither mask nor box, HandsegError without pycocotools.
    """
    record: dict[str, Any] = {"category_id": _IDS[area.label]}
    if area.mask is not None:
        shape = area.mask.shape[0], area.mask.shape[1]
        box = Box(*cv2.boundingRect(np.ascontiguousarray(area.mask).view(np.uint8)))
        inside = area.mask[box.slices]
        record["segmentation"] = {
            "size": list(shape),
            "counts": to_text(encode_inside(inside, box, shape)),
        }
        record["area"] = int(np.count_nonzero(inside))
        record["bbox"] = [box.x, box.y, box.width, box.height]
    elif area.box is not None:
        record["segmentation"] = []
        record["area"] = area.box[2] * area.box[3]
        record["bbox"] = list(area.box)
    else:
        raise ValueError("an area has a mask, or a box")
    record["iscrowd"] = int(area.is_crowd)
    attributes = _attributes(area)
    return {**record, "attributes": attributes} if attributes else record


def _attributes(area: ConvertedArea) -> dict[str, Any]:
    side = HAND_LABELS.get(area.label, Side.UNKNOWN)
    known: dict[str, Any] = {} if side == Side.UNKNOWN else {SIDE: side.name.lower()}
    known.update(area.attributes)
    if area.is_together:
        known[TOGETHER] = True
    if area.track is not None:
        known[TRACK] = area.track
    return known
