"""Guards COCO's files: polygons and run lengths as pycocotools reads them, crowds, objects."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pycocotools.mask
import pytest
from pycocotools.coco import COCO

from handseg_ros.datasets.coco.reading import open_coco
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

SHAPE = (60, 80)
POLYGON = [5.2, 4.1, 35.7, 9.3, 28.4, 40.6, 8.8, 33.0]
CATEGORIES = [
    {"id": 1, "name": "hand"},
    {"id": 4, "name": "Left hand"},
    {"id": 5, "name": "right-hand"},
    {"id": 6, "name": "object"},
    {"id": 9, "name": "cat"},
]


def runs_of(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    """Return run lengths of a rectangle, not compressed, as COCO's files have them for crowds."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[y : y + height, x : x + width] = 1
    flat = mask.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    # The first run is one of zeros, though it may be empty.
    starts = [0, 0] if flat[0] else [0]
    return {"size": list(SHAPE), "counts": np.diff([*starts, *ends, flat.size]).tolist()}


def compressed(runs: dict[str, Any]) -> dict[str, Any]:
    encoded = pycocotools.mask.frPyObjects(runs, *SHAPE)
    return {"size": runs["size"], "counts": encoded["counts"].decode()}


def annotation(number: int, category: int, segmentation: Any, **more: Any) -> dict[str, Any]:
    own = {"id": number, "image_id": 1, "category_id": category, "segmentation": segmentation}
    return {"area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0, **own, **more}


def write(folder: Path, annotations: list[dict[str, Any]], **image: Any) -> Path:
    """Write a data set of one picture and return its JSON file."""
    cv2.imwrite(str(folder / "a.png"), np.zeros((*SHAPE, 3), np.uint8))
    shape = {"height": SHAPE[0], "width": SHAPE[1]}
    images = [{"id": 1, "file_name": "a.png", **shape, **image}]
    content = {"images": images, "annotations": annotations, "categories": CATEGORIES}
    file = folder / "set.json"
    file.write_text(json.dumps(content))
    return file


def only_frame(file: Path) -> LabelledFrame:
    (frame,) = open_coco(file)
    return frame


@pytest.mark.parametrize(
    "segmentation",
    [[POLYGON], [POLYGON, [50, 40, 70, 40, 70, 55]], runs_of(9, 8, 30, 20),
     compressed(runs_of(9, 8, 30, 20))],
    ids=["polygon", "two polygons", "run lengths", "compressed"],
)  # fmt: skip
def test_an_area_is_what_pycocotools_makes_of_it(tmp_path: Path, segmentation: Any) -> None:
    file = write(tmp_path, [annotation(1, 1, segmentation)])
    reference = COCO(str(file))
    ground_truth = only_frame(file).ground_truth
    assert ground_truth is not None
    np.testing.assert_array_equal(ground_truth.mask, reference.annToMask(reference.anns[1]) > 0)
    assert ground_truth.has_instances


def test_categories_are_sides_objects_or_nothing_to_us(tmp_path: Path) -> None:
    places = enumerate([1, 4, 5, 6, 9])
    areas = [annotation(n + 1, c, runs_of(2 + 15 * n, 5, 10, 10)) for n, c in places]
    ground_truth = only_frame(write(tmp_path, areas)).ground_truth
    assert ground_truth is not None
    assert ground_truth.sides == {2: Side.LEFT, 3: Side.RIGHT}
    assert sorted(np.unique(ground_truth.ids)) == [0, 1, 2, 3]
    assert ground_truth.objects is not None
    assert ground_truth.objects[10, 50]
    assert np.count_nonzero(ground_truth.objects) == 100


def test_the_smaller_of_two_hands_keeps_shared_pixels_and_crowds_keep_none(tmp_path: Path) -> None:
    areas = [
        annotation(1, 1, runs_of(20, 20, 10, 10), track_id=7),
        annotation(2, 1, runs_of(10, 10, 30, 30)),
        annotation(3, 1, runs_of(0, 0, 22, 22), iscrowd=1),
    ]
    ground_truth = only_frame(write(tmp_path, areas)).ground_truth
    assert ground_truth is not None
    assert (ground_truth.ids == 1).sum() == 100
    assert ground_truth.ids[15, 15] == 2
    assert ground_truth.ids[5, 5] == 3
    assert ground_truth.ignored == {3}
    assert ground_truth.tracks == {1: 7}


def test_a_picture_without_annotations_has_no_hand(tmp_path: Path) -> None:
    ground_truth = only_frame(write(tmp_path, [])).ground_truth
    assert ground_truth is not None
    assert not ground_truth.mask.any()


@pytest.mark.parametrize(
    ("image", "sequence"),
    [({}, "set"), ({"video_id": 12}, "12"), ({"sequence": "kitchen", "video_id": 12}, "kitchen")],
)
def test_an_image_may_tell_its_sequence_and_tags(
    tmp_path: Path, image: dict[str, Any], sequence: str
) -> None:
    frame = only_frame(write(tmp_path, [], tags={"light": "dim"}, **image))
    assert (frame.name, frame.sequence, frame.tags) == ("a", sequence, {"light": "dim"})


@pytest.mark.parametrize("place", ["images/a.png", "../images/a.png"])
def test_pictures_may_lie_in_a_folder_of_their_own(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "annotations"
    folder.mkdir()
    file = write(folder, [])
    (folder / place).parent.mkdir()
    (folder / "a.png").rename(folder / place)
    assert only_frame(file).name == "a"


@pytest.mark.parametrize(
    ("areas", "reason"),
    [
        ([annotation(1, 1, [[1, 1, 5, 5]])], "fewer than three corners"),
        ([annotation(1, 1, {"size": [3, 3], "counts": [9]})], "not of its picture's size"),
    ],
)
def test_a_bad_annotation_costs_its_frame_alone(
    tmp_path: Path, areas: list[dict[str, Any]], reason: str
) -> None:
    labelled = open_coco(write(tmp_path, areas))
    assert list(labelled) == []
    assert reason in labelled.skipped[0].reason


def test_a_missing_picture_is_skipped(tmp_path: Path) -> None:
    file = write(tmp_path, [])
    (tmp_path / "a.png").unlink()
    labelled = open_coco(file)
    assert list(labelled) == []
    assert "neither beside the file nor in" in labelled.skipped[0].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["JSON"]),
        ('{"images": []}', ["annotations", "export it as COCO"]),
        ('{"images": [], "annotations": [], "categories": [{"id": 1, "name": "cat"}]}',
         ["none of the categories hand"]),
        (json.dumps({"images": [], "annotations": [], "categories": CATEGORIES}), ["no frames"]),
    ],
)  # fmt: skip
def test_a_file_that_cannot_serve_is_explained(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "set.json"
    file.write_text(text)
    with pytest.raises(MediaError) as raised:
        open_coco(file)
    for word in ["set", *words]:
        assert word in str(raised.value)
