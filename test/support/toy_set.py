"""A labelled set small enough to look through, with all that labels may have."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.run_lengths import encode_mask, to_text

SHAPE = (48, 64)


@dataclass(frozen=True)
class ToyArea:
    """A label and its mask, with whatever COCO's annotation may have beside these."""

    label: str
    mask: np.ndarray
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToyPicture:
    """A picture's name, areas, and fields of its image; `seed` draws its pixels."""

    name: str
    areas: Sequence[ToyArea] = ()
    words: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None


def box(x: int, y: int, width: int, height: int) -> np.ndarray:
    """Return a mask of a box, bool of `SHAPE`."""
    mask = np.zeros(SHAPE, bool)
    mask[y : y + height, x : x + width] = True
    return mask


def difficult_areas() -> list[ToyArea]:
    """Return hands that touch, with a hole and in two parts, at the border; and two objects."""
    holed = box(4, 4, 20, 18) & ~box(9, 8, 6, 5)
    parts = box(24, 4, 8, 18) | box(36, 30, 5, 5) | box(41, 35, 3, 3)
    return [
        ToyArea("left_hand", holed, {"attributes": {"owner": "self", "track_id": 7}}),
        ToyArea("right_hand", parts, {"attributes": {"owner": "other"}}),
        ToyArea("hand", box(56, 40, 8, 8)),
        ToyArea("object", box(10, 30, 9, 6), {"attributes": {"held_by": "left"}}),
        ToyArea("object", box(50, 2, 10, 6)),
    ]


def pixels(seed: int) -> np.ndarray:
    """Return a picture that looks like no other seed's: uint8 BGR of `SHAPE`."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (SHAPE[1], SHAPE[0]), interpolation=cv2.INTER_CUBIC)


def write_toy_set(folder: Path, pictures: Sequence[ToyPicture]) -> Path:
    """Write a COCO file and JPEG pictures into a folder, and return it."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        file_name = f"images/{picture.name}.jpg"
        file = folder / file_name
        file.parent.mkdir(parents=True, exist_ok=True)
        seed = number if picture.seed is None else picture.seed
        cv2.imwrite(str(file), pixels(seed))
        size = {"height": SHAPE[0], "width": SHAPE[1]}
        images.append({"id": number, "file_name": file_name, **size, **picture.words})
        annotations += [
            {
                "id": len(annotations) + place,
                "image_id": number,
                "category_id": LABELS.index(area.label) + 1,
                "iscrowd": 0,
                "segmentation": {
                    "size": list(SHAPE),
                    "counts": to_text(encode_mask(area.mask)),
                },
                **area.words,
            }
            for place, area in enumerate(picture.areas, start=1)
        ]
    categories = [{"id": place, "name": name} for place, name in enumerate(LABELS, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
