"""Names left and right hands of a labelled set by what MediaPipe Hands takes them for.

usage: PYTHONPATH=tools python -m teaching.sides FOLDER/annotations.json --out FOLDER/sides.json

The COCO file has a box for each hand, as `handseg distil` writes it; what is written is the same
file with the categories `left_hand` and `right_hand` where the teacher is sure: it looks at each
hand as it is and in the mirror, and must find it at the same place, be sure of its side both times,
and name the other one in the mirror. All other hands are `hand`. Needs MediaPipe, OpenCV and NumPy.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# A hand is shown in a square of so many times its box's longer side, so many pixels wide.
CONTEXT = 2.6
WINDOW = 384
PADDING = (114, 114, 114)
LEAST_SCORE, LEAST_OVERLAP = 0.9, 0.4
# MediaPipe takes every picture for one of a mirror: what it calls left is a right hand.
PERSONS_OWN = {"Left": "right_hand", "Right": "left_hand"}


@dataclass(frozen=True)
class Found:
    """A hand that the teacher finds: box (left, top, right, bottom) in pixels, its label, its
    score for that."""

    box: tuple[float, float, float, float]
    label: str
    score: float


Ask = Callable[[np.ndarray], Sequence[Found]]


def teach(content: dict[str, Any], folder: Path, ask: Ask) -> dict[str, Any]:
    """Return a COCO file's content with sides in place of all that it says of them.

    Raises OSError where a picture is missing.
    """
    names = ("hand", "left_hand", "right_hand")
    by_image: dict[int, list[dict[str, Any]]] = {}
    known = {item["id"]: item["name"] for item in content["categories"]}
    for item in content["annotations"]:
        by_image.setdefault(item["image_id"], []).append(item)
    taught = []
    for image in content["images"]:
        file = folder / image["file_name"]
        picture = cv2.imread(str(file))
        if picture is None:
            raise OSError(f"{file} is no picture")
        for item in by_image.get(image["id"], ()):
            name = known[item["category_id"]]
            if name in names:
                name = "hand" if item.get("iscrowd") else side_of(picture, item["bbox"], ask)
            taught.append({**item, "category_id": name})
    categories = [*names, *sorted(set(known.values()) - set(names))]
    numbers = {name: number for number, name in enumerate(categories, start=1)}
    for item in taught:
        item["category_id"] = numbers[item["category_id"]]
    listed = [{"id": number, "name": name} for name, number in numbers.items()]
    return {**content, "annotations": taught, "categories": listed}


def side_of(picture: np.ndarray, box: Sequence[float], ask: Ask) -> str:
    """Return `left_hand`, `right_hand`, or `hand` where the teacher is not sure.

    `picture` is uint8 (H, W, 3), BGR; `box` is left, top, width and height in pixels.
    """
    shown, inside = window(picture, box)
    mirrored = np.ascontiguousarray(shown[:, ::-1])
    plain = _label(ask(shown), inside)
    left, top, right, bottom = inside
    mirror = _label(ask(mirrored), (WINDOW - right, top, WINDOW - left, bottom))
    if plain is None or mirror is None or plain == mirror:
        return "hand"
    return PERSONS_OWN[plain]


def window(
    picture: np.ndarray, box: Sequence[float]
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """Return the square around a box, uint8 (WINDOW, WINDOW, 3), and the box's edges in it."""
    left, top, width, height = box
    scale = WINDOW / (CONTEXT * max(width, height))
    corner = np.array([left + width / 2, top + height / 2]) * scale - WINDOW / 2
    warp = np.array([[scale, 0, -corner[0]], [0, scale, -corner[1]]])
    while scale < 0.5:  # The warp would skip pixels.
        picture, warp, scale = cv2.pyrDown(picture), warp @ np.diag([2.0, 2.0, 1.0]), 2 * scale
    shown = cv2.warpAffine(picture, warp, (WINDOW, WINDOW), borderValue=PADDING)
    edges = np.array([left, top, left + width, top + height])
    factor = WINDOW / (CONTEXT * max(width, height))
    inside = edges * factor - np.tile(corner, 2)
    return shown, (inside[0], inside[1], inside[2], inside[3])


def _label(answers: Sequence[Found], box: tuple[float, float, float, float]) -> str | None:
    """Return the label of the hand at a box, None where there is none that is sure."""
    best = max(answers, key=lambda found: box_iou(found.box, box), default=None)
    if best is None or box_iou(best.box, box) < LEAST_OVERLAP or best.score < LEAST_SCORE:
        return None
    return best.label


def box_iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the intersection over union of two boxes (left, top, right, bottom)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(width * height / (sum(areas) - width * height))


def mediapipe_hands() -> Ask:
    """Return MediaPipe Hands 0.10.14, asked for single pictures."""
    import mediapipe

    hands: Any = mediapipe.solutions.hands.Hands(
        static_image_mode=True, max_num_hands=4, min_detection_confidence=0.4
    )

    def ask(picture: np.ndarray) -> Sequence[Found]:
        answer = hands.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        height, width = picture.shape[:2]
        found = []
        for hand, told in zip(
            answer.multi_hand_landmarks or (), answer.multi_handedness or (), strict=True
        ):
            points = np.array([(point.x * width, point.y * height) for point in hand.landmark])
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            side = told.classification[0]
            found.append(Found((left, top, right, bottom), side.label, side.score))
        return found

    return ask


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="beside it, where its pictures are")
    options = parser.parse_args()
    content: Mapping[str, Any] = json.loads(options.annotations.read_text("utf-8"))
    taught = teach(dict(content), options.annotations.parent, mediapipe_hands())
    options.out.write_text(json.dumps(taught), "utf-8")


if __name__ == "__main__":
    main()
