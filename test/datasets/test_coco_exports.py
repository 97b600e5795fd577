"""Guards COCO files as tools export them: what is left out, ids of any kind, names of pictures."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.coco.reading import open_coco
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

SHAPE = (24, 32)
SQUARE = [4, 4, 20, 4, 20, 16, 4, 16]
CATEGORIES = [{"id": 1, "name": "hand"}, {"id": 2, "name": "person"}]


def annotation(number: Any = 1, image: Any = 1, category: Any = 1, **more: Any) -> dict[str, Any]:
    own = {"id": number, "image_id": image, "category_id": category, "iscrowd": 0}
    return {**own, "segmentation": [SQUARE], "area": 192, "bbox": [4, 4, 16, 12], **more}


def write(
    folder: Path,
    annotations: list[dict[str, Any]],
    *names: str,
    categories: Any = None,
    file: str = "set.json",
    **image: Any,
) -> Path:
    """Write a COCO file of images with these names, whose ids count from 1."""
    images = [
        {"id": number, "file_name": name, "height": 24, "width": 32, **image}
        for number, name in enumerate(names or ["a.png"], start=1)
    ]
    content = {"images": images, "annotations": annotations}
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content, "categories": categories or CATEGORIES}))
    return path


def put(folder: Path, *names: str, grey: int = 0) -> None:
    """Write pictures, each of one grey."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name), np.full((*SHAPE, 3), grey, np.uint8))


def hands_in(file: Path) -> int:
    """Return how many hands the only frame has."""
    labelled = open_coco(file)
    frames = list(labelled)
    assert labelled.skipped == []
    (frame,) = frames
    assert frame.ground_truth is not None
    return len(np.unique(frame.ground_truth.ids)) - 1


@pytest.mark.parametrize(
    "other",
    [
        {"segmentation": None},
        {"segmentation": []},
        {"segmentation": "?", "iscrowd": None},
        {"segmentation": [[float("nan")]]},
        {"keypoints": [1, 1, 2]},
    ],
)
def test_what_is_left_out_may_be_anything(other: dict[str, Any], tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    person = annotation(2, 1, 2, **other)
    if "keypoints" in other:
        del person["segmentation"]
    assert hands_in(write(tmp_path, [annotation(), person])) == 1


@pytest.mark.parametrize(
    "own",
    [
        {"iscrowd": None},
        {"iscrowd": "0"},
        {"segmentation": SQUARE},
        {"track_id": None},
        {"track_id": "7b2c"},
        {"attributes": {"track_id": 3, "occluded": False}},
        {"area": None, "bbox": None},
    ],
)
def test_what_tools_write_otherwise_is_understood(own: dict[str, Any], tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    assert hands_in(write(tmp_path, [annotation(**own)])) == 1
    (frame,) = open_coco(tmp_path / "set.json")
    assert frame.ground_truth is not None
    assert frame.ground_truth.ignored == frozenset()
    if "attributes" in own:
        assert frame.ground_truth.tracks == {1: 3}


def test_tracks_named_by_texts_are_the_same_track_in_every_frame(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    tracks = [("x", 1), ("y", 1), ("x", 2), (7, 2)]
    annotations = [
        annotation(n, image, segmentation=[[x + 8 * (n % 2) for x in SQUARE]], track_id=track)
        for n, (track, image) in enumerate(tracks)
        for x in [0]
    ]
    first, second = (
        frame.ground_truth for frame in open_coco(write(tmp_path, annotations, "a.png", "b.png"))
    )
    assert first is not None
    assert second is not None
    assert first.tracks[1] == second.tracks[1] != first.tracks[2]
    assert second.tracks[2] == 7


@pytest.mark.parametrize(
    ("of_image", "of_annotation"), [("frame_a", "frame_a"), (1, "1"), ("1", 1.0)]
)
def test_ids_may_be_numbers_or_texts(of_image: Any, of_annotation: Any, tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    categories = [{"id": "h", "name": "hand"}]
    own = annotation(image=of_annotation, category="h")
    assert hands_in(write(tmp_path, [own], categories=categories, id=of_image)) == 1


@pytest.mark.parametrize("segmentation", [None, [], {}])
def test_a_hand_with_a_box_alone_costs_its_frame(segmentation: Any, tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    annotations = [annotation(1), annotation(2, segmentation=segmentation), annotation(3, 2)]
    labelled = open_coco(write(tmp_path, annotations, "a.png", "b.png"))
    assert [frame.name for frame in labelled] == ["b"]
    assert "a box alone, and no segmentation" in labelled.skipped[0].reason


def test_categories_that_are_left_out_are_told_those_of_hands_first(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    names = ["hand", "car", "bus", "cup", "dog", "lefthand"]
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    annotations = [annotation(n, 1, n, segmentation=None) for n in range(1, 6)]
    annotations += [annotation(9, 1, 0), annotation(8, 2, 0)]
    first, second = open_coco(write(tmp_path, annotations, "a.png", "b.png", categories=categories))
    others = "'lefthand', 'bus', 'car', 'cup' and 1 more"
    assert first.notes == (f"annotations of other categories ({others}) were left out",)
    assert second.notes == ()


@pytest.mark.parametrize("file", ["result.json", "annotations/instances_default.json"])
def test_the_folder_of_an_export_may_be_given(file: str, tmp_path: Path) -> None:
    put(tmp_path, "images/default/a.png")
    write(tmp_path, [annotation()], file=file)
    (tmp_path / "notes.json").write_text("{}")
    (frame,) = open_dataset(tmp_path)
    assert frame.ground_truth is not None
    write(tmp_path, [annotation()], file="annotations/instances_train.json")
    with pytest.raises(MediaError, match=r"has 2 COCO files: give one of them, .*instances_train"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("folder", [".", "images"])
def test_labelme_s_files_beside_pictures_come_before_a_coco_file(
    folder: str, tmp_path: Path
) -> None:
    put(tmp_path, f"{folder}/a.png")
    write(tmp_path, [annotation()], f"{folder}/a.png", file="annotations.json")
    shapes = [{"label": "left hand", "points": [[4, 4], [20, 4], [20, 16]]}]
    label = {"shapes": shapes, "imagePath": "a.png", "imageData": None}
    (tmp_path / folder / "a.json").write_text(json.dumps(label))
    frames = [frame for frame in open_dataset(tmp_path) if frame.ground_truth]
    assert [frame.ground_truth.sides for frame in frames if frame.ground_truth] == [{1: Side.LEFT}]


def test_annotations_of_nothing_are_told(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    annotations = [annotation(5, 99), annotation(6, 1, 77), annotation(7, 2)]
    labelled = open_coco(write(tmp_path, annotations, "a.png", "b.png"))
    assert [frame.name for frame in labelled] == ["b"]
    told = {item.name: item.reason for item in labelled.skipped}
    assert "no image 99" in told["annotation 5"]
    assert "a category that the file lacks" in told["a"]


def test_a_hand_without_a_pixel_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    outside = [40, 4, 44, 4, 44, 9]
    (frame,) = open_coco(write(tmp_path, [annotation(), annotation(2, segmentation=[outside])]))
    assert any("covers no pixel" in note for note in frame.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": [{"id": 1, "file_name": "a"}, {"id": "1", "file_name": "b"}]}, "id 1"),
        ({"categories": [*CATEGORIES, {"id": 2, "name": "hand"}]}, "two categories of the id 2"),
        ({"annotations": [{"id": 7}, {"id": "7"}]}, "two annotations of the id 7"),
        ({"annotations": None}, "it has no list annotations"),
        ({"annotations": [None]}, "it has no list annotations"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    file = write(tmp_path, [])
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(MediaError, match=words):
        open_coco(file)


# Where the picture lies, where the file, what it calls the picture, and what the frame is called.
PLACES = {
    "beside": ("a.png", "set.json", "a.png", "a"),
    "backslashes": ("images/a.png", "set.json", "images\\a.png", "images/a"),
    "windows": ("a.png", "set.json", "C:\\Users\\me\\data\\a.png", "a"),
    "drive with slashes": ("images/a.png", "set.json", "D:/data/a.png", "a"),
    "another machine": ("hall/a.png", "set.json", "/data/someone/data/hall/a.png", "hall/a"),
    "label studio": ("images/a.png", "set.json", "../../label-studio/data/media/upload/1/a.png",
                     "a"),
    "upload prefix": ("images/a.png", "result.json", "images\\0a1b2c3d-a.png", "images/a"),
    "upload with prefix": ("images/0a1b2c3d-a.png", "result.json", "/data/upload/1/0a1b2c3d-a.png",
                           "0a1b2c3d-a"),
    "served": ("images/my a.png", "result.json", "/data/local-files/?d=x/my%20a.png", "my a"),
    "cvat": ("images/default/a.png", "annotations/instances_default.json", "a.png", "a"),
    "any subset": ("images/default/a.png", "annotations/labels.json", "a.png", "a"),
    "cvat with folders": ("images/train/hall/a.png", "annotations/instances_train.json",
                          "hall/a.png", "hall/a"),
    "coco": ("val2017/a.png", "annotations/instances_val2017.json", "a.png", "a"),
    "capitals": ("images/A.PNG", "set.json", "images/A.PNG", "images/A"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_the_picture_is_found(place: str, tmp_path: Path) -> None:
    picture, file, file_name, name = PLACES[place]
    put(tmp_path, picture)
    put(tmp_path, "images/other/b.png")
    (frame,) = open_coco(write(tmp_path, [annotation()], file_name, file=file))
    assert frame.name == name
    assert frame.ground_truth is not None
    assert frame.ground_truth.mask.any()


def test_of_two_subsets_the_file_s_own_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "images/train/a.png", grey=10)
    put(tmp_path, "images/val/a.png", grey=20)
    for subset, grey in (("train", 10), ("val", 20)):
        file = f"annotations/instances_{subset}.json"
        (frame,) = open_coco(write(tmp_path, [annotation()], file=file))
        assert (frame.image == grey).all()
    labelled = open_coco(write(tmp_path, [annotation()], file="annotations/labels.json"))
    assert list(labelled) == []
    assert "2 pictures may be its own" in labelled.skipped[0].reason


def test_two_images_never_have_one_picture(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "images/hall/b.png")
    annotations = [annotation(n, n) for n in range(1, 5)]
    names = ("x/a.png", "y/a.png", "hall/b.png", "yard/b.png")
    labelled = open_coco(write(tmp_path, annotations, *names))
    # "hall/b.png" leads there with its whole name, "yard/b.png" with its end alone.
    assert [frame.name for frame in labelled] == ["hall/b"]
    told = [item.reason for item in labelled.skipped]
    assert len(told) == 3
    assert all("its picture is that of another image too" in reason for reason in told)


def test_a_picture_that_is_gone_is_skipped_without_its_path(tmp_path: Path) -> None:
    put(tmp_path, "images/b.png")
    names = ("/data/someone/a.png", "images\\b.png")
    labelled = open_coco(write(tmp_path, [annotation()], *names))
    assert [frame.name for frame in labelled] == ["images/b"]
    (skipped,) = labelled.skipped
    assert "neither beside the file nor" in skipped.reason
    labelled = open_coco(write(tmp_path, [annotation()], "images/b.png", "c.png", file_name=None))
    assert list(labelled) == []
    assert [item.reason for item in labelled.skipped] == ["its file_name is no text"] * 2


def test_names_do_not_depend_on_where_the_set_lies(tmp_path: Path) -> None:
    put(tmp_path / "one", "images/a.png")
    write(tmp_path / "one", [annotation()], str(tmp_path / "one" / "images" / "a.png"))
    names = [[frame.name for frame in open_coco(tmp_path / "one" / "set.json")]]
    shutil.move(tmp_path / "one", tmp_path / "two")
    names += [[frame.name for frame in open_coco(tmp_path / "two" / "set.json")]]
    assert names == [["images/a"], ["images/a"]]
