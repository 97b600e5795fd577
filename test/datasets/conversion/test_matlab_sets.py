"""Guards the conversion of sets with a file of Matlab's a picture: Oxford hands and PASCAL-Part."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from support.converting import convert, write_picture

WIDTH, HEIGHT = 40, 30


def box(corners: list[tuple[float, float]], side: str | None) -> dict[str, Any]:
    """Return one of Oxford's boxes: corners of y and x from 1 on."""
    own: dict[str, Any] = {
        name: np.array([[y + 0.5, x + 0.5]]) for name, (x, y) in zip("abcd", corners, strict=True)
    }
    return own if side is None else {**own, "hand": side}


def test_oxford_s_turned_boxes_stay_boxes(tmp_path: Path) -> None:
    source = tmp_path / "hand_dataset"
    data = source / "training_dataset" / "training_data"
    for name in ("VOC2007_1", "Buffy_2", "Movie_3"):
        write_picture(data / "images" / f"{name}.jpg", WIDTH, HEIGHT)
    (data / "annotations").mkdir()
    boxes = np.empty((1, 2), object)
    boxes[0, 0] = box([(10, 5), (20, 10), (15, 20), (5, 15)], "L")
    boxes[0, 1] = box([(30, 20), (50, 20), (50, 25), (30, 25)], None)
    scipy.io.savemat(data / "annotations" / "VOC2007_1.mat", {"boxes": boxes})
    (data / "annotations" / "Buffy_2.mat").write_bytes(b"MATLAB 5.0, cut off")
    found = convert(source, "oxford-hands", tmp_path / "out")
    left, other = found.areas["training/VOC2007_1"]
    assert (left.label, left.mask, left.box) == ("left_hand", None, [5, 5, 15, 15])
    assert left.attributes["corners"] == [10, 5, 20, 10, 15, 20, 5, 15]
    # what lies outside of the picture is cut off
    assert (other.label, other.box) == ("hand", [30, 20, 10, 5])
    assert found.skipped == {
        "training/Buffy_2": "its label is damaged", "training/Movie_3": "its label is missing",
    }  # fmt: skip


def part(name: str, mask: np.ndarray) -> dict[str, Any]:
    return {"part_name": name, "mask": mask}


def test_pascal_part_has_hands_and_people(tmp_path: Path) -> None:
    source = tmp_path / "pascal"
    person, left, right = (np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(3))
    person[2:28, 5:35] = 1
    left[10:20, 6:12] = right[10:20, 28:34] = 1
    left[14:16, 8:10] = 0
    parts = [part("head", person), part("lhand", left), part("rhand", right)]
    objects = [
        {"class": "person", "mask": person, "parts": np.array(parts, object)},
        {"class": "dog", "mask": person, "parts": np.array([part("lhand", left)], object)},
    ]
    for name, mask in (("2008_000001", person), ("2008_000002", person[1:])):
        write_picture(source / "JPEGImages" / f"{name}.jpg", WIDTH, HEIGHT)
        (source / "Annotations_Part").mkdir(exist_ok=True)
        own = [{**objects[0], "mask": mask}, objects[1]]
        anno = {"imname": name, "objects": np.array(own, object)}
        scipy.io.savemat(source / "Annotations_Part" / f"{name}.mat", {"anno": anno})
    found = convert(source, "pascal-part", tmp_path / "out")
    areas = found.areas["2008_000001"]
    assert [area.label for area in areas] == ["person", "left_hand", "right_hand"]
    for area, mask in zip(areas, (person, left, right), strict=True):
        assert area.mask is not None
        assert (area.mask == (mask > 0)).all()
    assert "its label has 40x29 pixels" in found.skipped["2008_000002"]
