"""Guards sides from a teacher: only where it is sure, at the hand, and the other in the mirror."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from teaching.sides import WINDOW, Found, box_iou, side_of, teach, window

# A hand's palm is green, its thumb red; the teacher looks where the thumb is.
BOX = (40.0, 30.0, 60.0, 50.0)
PALM, THUMB = (0, 200, 0), (0, 0, 200)


def picture(thumb_left: bool = True) -> np.ndarray:
    """Return a painted hand, uint8 (160, 240, 3), BGR."""
    image = np.full((160, 240, 3), 30, np.uint8)
    image[30:80, 40:100] = PALM
    image[30:80, 40 : 52 if thumb_left else 40] = THUMB
    if not thumb_left:
        image[30:80, 88:100] = THUMB
    return image


def look(shown: np.ndarray, score: float = 0.99) -> Sequence[Found]:
    """Find the painted hand as MediaPipe does, which takes each picture for a mirror's."""
    thumb = (shown[..., 2] > 100) & (shown[..., 1] < 100)
    palm = (shown[..., 1] > 100) & (shown[..., 2] < 100)
    hand = (thumb | palm).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(hand)
    is_left = np.nonzero(thumb)[1].mean() < x + width / 2
    return [Found((x, y, x + width, y + height), "Left" if is_left else "Right", score)]


@pytest.mark.parametrize(("thumb_left", "side"), [(True, "right_hand"), (False, "left_hand")])
def test_a_sure_teacher_names_the_persons_own_side(thumb_left: bool, side: str) -> None:
    assert side_of(picture(thumb_left), BOX, look) == side


def test_a_teacher_that_is_unsure_or_says_the_same_in_the_mirror_is_not_believed() -> None:
    assert side_of(picture(), BOX, lambda shown: look(shown, 0.8)) == "hand"
    same = [Found(look(window(picture(), BOX)[0])[0].box, "Left", 1.0)]
    assert side_of(picture(), BOX, lambda _shown: same) == "hand"
    assert side_of(picture(), BOX, lambda _shown: []) == "hand"


def test_a_hand_that_is_found_elsewhere_is_another_one() -> None:
    elsewhere = [Found((0.0, 0.0, 60.0, 60.0), "Left", 1.0)]
    assert side_of(picture(), BOX, lambda _shown: elsewhere) == "hand"


@pytest.mark.parametrize("factor", [0.5, 1, 8])
def test_the_window_shows_the_hand_in_its_middle(factor: float) -> None:
    large = cv2.resize(picture(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    shown, inside = window(large, [value * factor for value in BOX])
    assert shown.shape == (WINDOW, WINDOW, 3)
    assert (inside[0] + inside[2]) / 2 == pytest.approx(WINDOW / 2)
    assert box_iou(look(shown)[0].box, inside) > 0.9


def test_other_labels_stay_and_crowds_are_not_asked_about(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), picture())
    categories = [{"id": 5, "name": "object"}, {"id": 7, "name": "left_hand"}]
    items = [
        {"id": 1, "image_id": 3, "category_id": 7, "bbox": list(BOX), "area": 9},
        {"id": 2, "image_id": 3, "category_id": 7, "bbox": list(BOX), "iscrowd": 1},
        {"id": 3, "image_id": 3, "category_id": 5, "bbox": list(BOX)},
    ]
    content = {
        "images": [{"id": 3, "file_name": "a.png"}],
        "annotations": items,
        "categories": categories,
    }
    taught = teach(content, tmp_path, look)
    names = {item["id"]: item["name"] for item in taught["categories"]}
    told = [names[item["category_id"]] for item in taught["annotations"]]
    assert told == ["right_hand", "hand", "object"]
    assert taught["annotations"][0]["area"] == 9
    with pytest.raises(OSError, match=r"b\.png is no picture"):
        teach({**content, "images": [{"id": 3, "file_name": "b.png"}]}, tmp_path, look)
