"""Reads label files in which something was replaced, and tells what came of it: to be run alone.

Arguments: coco or labelme, an empty folder, how many files. What is no frame, no reason and no
refusal ends it with an error.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import copy
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError

SHAPE = (24, 32)
JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 255, 2**31, 2**63, 10**40, 1e308, 0.5,
    float("nan"), float("inf"), -float("inf"),
    "", "a", "a.png", "hand", "..", "/", "\\", "\0", "ä" * 3, "1e9", "A" * 300,
    [], {}, [[]], [[[]]], [None], {"size": [24, 32], "counts": [768]}, {"a": 1}, [1, 2],
    [[1, 2], [3, 4]], [1e9] * 8, ["x"] * 8,
]  # fmt: skip
SQUARE = [4, 4, 20, 4, 20, 16, 4, 16]
RUNS = {"size": list(SHAPE), "counts": [100, 20, 648]}
MASK = base64.b64encode(cv2.imencode(".png", np.ones((6, 8), np.uint8))[1].tobytes()).decode()
SIZE = {"height": 24, "width": 32}
COCO = {
    "images": [
        {"id": 1, "file_name": "a.png", **SIZE, "tags": {"x": "y"}},
        {"id": 2, "file_name": "b.png", **SIZE, "video_id": 3},
    ],
    "annotations": [
        {"image_id": 1, "category_id": 1, "segmentation": [SQUARE], "iscrowd": 0, "track_id": 4},
        {"image_id": 1, "category_id": 2, "segmentation": RUNS, "attributes": {"track_id": 3}},
        {"image_id": 2, "category_id": 3, "segmentation": SQUARE, "bbox": [4, 4, 16, 12]},
    ],
    "categories": [
        {"id": 1, "name": "hand"},
        {"id": 2, "name": "left hand"},
        {"id": 3, "name": "object"},
    ],
}
TRIANGLE = [[4, 4], [20, 4], [20, 16]]
LABELME = {
    "flags": {"dim": True},
    "imagePath": "a.png",
    "imageData": None,
    "imageHeight": 24,
    "imageWidth": 32,
    "shapes": [
        {"label": "hand", "points": TRIANGLE, "group_id": 1, "shape_type": "polygon"},
        {"label": "hand", "points": [[10, 5], [17, 10]], "shape_type": "mask", "mask": MASK},
        {"label": "object", "points": [[1, 1], [9, 9]], "shape_type": "rectangle", "flags": {}},
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a value."""
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from places(item, (*path, key))


def mutated(value: Any) -> str:
    """Return a value as JSON, with one to three of its parts replaced or gone, or cut off."""
    value = copy.deepcopy(value)
    for _ in range(random.choice([1, 1, 2, 3])):
        *way, last = random.choice(list(places(value)))
        target = value
        for key in way:
            target = target[key]
        if random.random() < 0.2:
            del target[last]
        else:
            target[last] = copy.deepcopy(random.choice(JUNK))
    text = json.dumps(value)
    return text[: random.randrange(len(text))] if random.random() < 0.1 else text


def read(path: Path, outcomes: Counter[str]) -> None:
    """Read a set and count what came of it."""
    try:
        labelled = open_dataset(path)
        frames = list(labelled)
    except MediaError:
        outcomes["refused"] += 1
        return
    outcomes["read"] += len(frames)
    outcomes["skipped"] += len(labelled.skipped)
    for frame in frames:
        assert frame.ground_truth is None or frame.ground_truth.ids.shape == SHAPE
    for item in labelled.skipped:
        assert str(path.parent) not in item.reason, item


def main(kind: str, folder: Path, rounds: int) -> None:
    """Try mutated files and print the outcomes as JSON."""
    random.seed(kind)
    for name in "ab":
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((*SHAPE, 3), np.uint8))
    file = folder / ("set.json" if kind == "coco" else "a.json")
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        text = mutated(COCO if kind == "coco" else LABELME)
        file.write_text(text)
        try:
            read(file if kind == "coco" else folder, outcomes)
        except Exception as error:
            raise SystemExit(f"{type(error).__name__}: {error} by {text}") from error
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
