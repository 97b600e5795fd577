"""Guards `handseg label-bag`: right frames, exact COCO masks, labelme outlines close to them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from pycocotools.coco import COCO
from support.assets import rendered_hands
from support.bags import IMAGE, Entry, image_entry, stamp_of, write_bag
from support.interrupting import interrupted

from handseg_ros.cli.main import main
from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.coco.writing import CocoLabels
from handseg_ros.datasets.frame_selection import lowered_thresholds, uncertainty_of
from handseg_ros.datasets.label_folder import LabelFolder
from handseg_ros.datasets.labelme.writing import labelme_file, outlines
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import (
    Box,
    Hand,
    ObjectRegion,
    Segmentation,
    Side,
    Timings,
)
from handseg_ros.segmentation.segmenter import Segmenter

FRAMES = 9
RUBBISH = b"\x00\x01\x00\x00rubbish"


@pytest.fixture(scope="module")
def views() -> list[np.ndarray]:
    """Return pictures of hands, each darker than the last, so that the model doubts more."""
    small = cv2.resize(rendered_hands(), (320, 240))
    return [cv2.convertScaleAbs(small, alpha=1 - 0.1 * number) for number in range(FRAMES)]


def _write(folder: Path, views: list[np.ndarray], *more: Entry) -> Path:
    entries = [image_entry("/image", stamp_of(n), view) for n, view in enumerate(views)]
    return write_bag(folder / "kitchen", [*entries, *more])


def _name(number: int) -> str:
    return f"{number:06d}_{stamp_of(number)}"


def _written(out: Path) -> list[int]:
    """Return which frames lie in a folder, each with its picture and its labelme file."""
    pictures = sorted(path.stem for path in (out / "images").glob("*.png"))
    assert pictures == sorted(path.stem for path in (out / "images").glob("*.json"))
    numbers = [int(name[:6]) for name in pictures]
    assert pictures == [_name(number) for number in numbers]
    return numbers


@pytest.mark.parametrize(
    ("asked", "expected"), [(["--every", "4"], [0, 4, 8]), ([], [0]), (["--every", "1"], None)]
)
def test_every_nth_frame_is_labelled(
    asked: list[str], expected: list[int] | None, views: list[np.ndarray], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert main(["label-bag", str(_write(tmp_path, views)), str(out), *asked]) == 0
    numbers = _written(out)
    assert numbers == (expected or list(range(FRAMES)))
    for number in numbers:
        picture = cv2.imread(str(out / "images" / f"{_name(number)}.png"))
        np.testing.assert_array_equal(picture, views[number])


def test_coco_holds_the_model_s_masks_exactly(views: list[np.ndarray], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["label-bag", str(_write(tmp_path, views)), str(out), "--every", "4"]) == 0
    coco = COCO(str(out / "annotations.json"))
    assert [item["name"] for item in coco.loadCats(coco.getCatIds())] == list(LABELS)
    segmenter = Segmenter.load()
    hands = 0
    for image in coco.loadImgs(coco.getImgIds()):
        assert image["sequence"] == "kitchen"
        number = int(image["file_name"][:6])
        found = segmenter.segment(views[number])
        assert (image["height"], image["width"]) == views[number].shape[:2]
        labels = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert len(labels) == len(found.hands)
        for label, hand in zip(labels, found.hands, strict=True):
            mask = np.zeros(views[number].shape[:2], np.uint8)
            mask[hand.box.slices] = hand.mask > 0
            np.testing.assert_array_equal(coco.annToMask(label), mask)
            assert label["area"] == hand.area
            assert label["bbox"] == [hand.box.x, hand.box.y, hand.box.width, hand.box.height]
            assert label["iscrowd"] == 0
            name = {Side.UNKNOWN: "hand", Side.LEFT: "left_hand", Side.RIGHT: "right_hand"}
            assert coco.loadCats(label["category_id"])[0]["name"] == name[hand.side]
            hands += 1
    assert hands >= 4


def test_labelme_s_outlines_are_close_to_the_masks(views: list[np.ndarray], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["label-bag", str(_write(tmp_path, views[:1])), str(out)]) == 0
    file = out / "images" / f"{_name(0)}.json"
    label = json.loads(file.read_text())
    assert (file.parent / label["imagePath"]).is_file()
    assert (label["imageHeight"], label["imageWidth"]) == views[0].shape[:2]
    found = Segmenter.load().segment(views[0])
    assert len(found.hands) >= 2
    for number, hand in enumerate(found.hands, start=1):
        mine = [shape for shape in label["shapes"] if shape["group_id"] == number]
        drawn = _drawn_by_labelme(mine, views[0].shape[:2])
        mask = found.instances() == hand.id
        assert (drawn & mask).sum() / (drawn | mask).sum() > 0.95
        assert {shape["shape_type"] for shape in mine} == {"polygon"}


def _drawn_by_labelme(shapes: list[dict[str, Any]], size: tuple[int, int]) -> np.ndarray:
    """Return the mask that polygons mean to labelme, which draws them with Pillow."""
    image = Image.new("1", (size[1], size[0]), 0)
    for shape in shapes:
        corners = [tuple(point) for point in shape["points"]]
        ImageDraw.Draw(image).polygon(corners, fill=1, outline=1)
    return np.asarray(image, bool)


def test_the_frames_that_the_model_doubts_are_found(
    views: list[np.ndarray], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asked = ["--uncertain", "3", "--apart", "0"]
    assert main(["label-bag", str(_write(tmp_path, views)), str(out), *asked]) == 0
    segmenter = Segmenter.load()
    own = segmenter.description.thresholds
    doubts = [
        uncertainty_of(segmenter.segment(view, lowered_thresholds(own)), own.score)
        for view in views
    ]
    assert len(set(doubts)) > 3
    expected = sorted(range(FRAMES), key=lambda number: -doubts[number])[:3]
    assert _written(out) == sorted(expected)


def test_doubtful_frames_lie_apart(views: list[np.ndarray], tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["--uncertain", "9", "--apart", "0.15"]
    assert main(["label-bag", str(_write(tmp_path, views)), str(out), *asked]) == 0
    numbers = _written(out)
    assert len(numbers) >= 2
    assert (np.diff(numbers) >= 3).all()


def test_bad_images_are_told_and_passed_over(
    views: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Entry("/image", IMAGE, stamp_of(2), RUBBISH)
    out = tmp_path / "out"
    bag = _write(tmp_path, views[:2], bad)
    assert main(["label-bag", str(bag), str(out), "--every", "1"]) == 0
    assert _written(out) == [0, 1]
    assert f"1 image(s) could not be used, the first is {_name(2)}" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_leaves_what_is_done_and_resume_goes_on_with_it(
    views: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out, whole = _write(tmp_path, views * 10), tmp_path / "out", tmp_path / "whole"
    command = ["label-bag", str(bag), str(out), "--every", "1", "--model", "hands_fast"]
    assert "--resume" in interrupted(command, lambda process: any(out.glob("images/*.json")))
    numbers = _written(out)
    assert 0 < len(numbers) < 10 * FRAMES
    coco = COCO(str(out / "annotations.json"))
    assert len(coco.getImgIds()) == len(numbers)
    corrected = out / "images" / f"{_name(0)}.json"
    corrected.write_text("corrected")
    assert main([*command, "--resume"]) == 0
    assert f"{len(numbers)} kept, {10 * FRAMES - len(numbers)} frames" in capsys.readouterr().out
    assert corrected.read_text() == "corrected"
    assert main([*command[:2], str(whole), *command[3:]]) == 0
    assert _written(out) == _written(whole)
    contents = [(folder / "annotations.json").read_bytes() for folder in (out, whole)]
    assert contents[0] == contents[1]


@pytest.mark.slow
def test_doubts_are_asked_once_however_often_it_is_stopped(
    views: list[np.ndarray], tmp_path: Path
) -> None:
    bag, out, whole = _write(tmp_path, views * 10), tmp_path / "out", tmp_path / "whole"
    command = ["label-bag", str(bag), str(out), "--uncertain", "5", "--model", "hands_fast"]
    doubts = out / "doubts.jsonl"
    printed = interrupted(command, lambda process: doubts.exists() and doubts.stat().st_size > 0)
    assert "--resume" in printed
    asked = doubts.read_bytes()
    assert 0 < len(asked.splitlines()) < 10 * FRAMES
    # A line that was cut off is asked again.
    doubts.write_bytes(asked[:-5])
    assert main([*command, "--resume"]) == 0
    assert main([*command[:2], str(whole), *command[3:]]) == 0
    assert doubts.read_bytes() == (whole / "doubts.jsonl").read_bytes()
    assert doubts.read_bytes().startswith(asked)
    assert _written(out) == _written(whole)
    assert len(_written(out)) == 5


def test_damaged_doubts_are_told(tmp_path: Path) -> None:
    doubts = tmp_path / "doubts.jsonl"
    for line in ("{", '{"index": 1, "time": 2, "amount": "much"}', "[]"):
        doubts.write_text(f"{line}\n")
        with pytest.raises(MediaError, match=r"doubts\.jsonl' is damaged: choose a new folder"):
            LabelFolder(tmp_path, "sequence", {})


def test_labels_are_gone_on_with_by_the_same_model_alone(
    views: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = _write(tmp_path, views), tmp_path / "out"
    command = ["label-bag", str(bag), str(out), "--every", "4"]
    assert main([*command, "--resume"]) == 0
    for more, words in (
        ([], ["holds labels already", "--resume"]),
        (["--resume", "--model", "hands_fast"], ["model '", "hands_fast"]),
        (["--resume", "--mask", "0.71"], ["mask '", "'0.71'"]),
    ):
        assert main([*command, *more]) == 1
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed
    content = json.loads((out / "annotations.json").read_text())
    content["images"].append({"id": 99, "file_name": "added_by_hand.png"})
    (out / "annotations.json").write_text(json.dumps(content))
    assert main(["label-bag", str(bag), str(out), "--every", "2", "--resume"]) == 0
    assert "4 kept, 2 frames" in capsys.readouterr().out
    assert _written(out) == [0, 2, 4, 6, 8]
    for damage, word in (
        ('{"images": [], "categories": []}', "other categories"),
        ("{", "damaged"),
    ):
        (out / "annotations.json").write_text(damage)
        assert main([*command, "--resume"]) == 1
        assert word in capsys.readouterr().err


def test_what_cannot_be_done_is_explained(
    views: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = _write(tmp_path, views[:1])
    bad = write_bag(tmp_path / "bad", [Entry("/image", IMAGE, 1, RUBBISH)])
    out, full = tmp_path / "out", tmp_path / "full"
    full.mkdir()
    (full / "corrected.json").touch()
    before = set(tmp_path.iterdir())
    for arguments, words in (
        ([tmp_path / "nowhere", out], ["nowhere", "does not exist"]),
        ([good, full], ["full", "corrected labels"]),
        ([good, out, "--topic", "/lost"], ["/lost"]),
        ([bad, out], ["no image of /image", IMAGE]),
        ([bad, out, "--uncertain", "2"], ["no image of /image", IMAGE]),
    ):
        assert main(["label-bag", *map(str, arguments)]) == 1
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed
        assert set(tmp_path.iterdir()) == before


def _hand(mask: np.ndarray, side: Side) -> Hand:
    box = Box(3, 2, mask.shape[1], mask.shape[0])
    return Hand(1, side, 0.9, 0.8, box, mask, int((mask > 0).sum()), (0.0, 0.0))


class Counted(dict[str, Any]):
    """What stands in a COCO file, counting how often it is looked at."""

    looks = 0

    def __getitem__(self, key: str) -> Any:
        type(self).looks += 1
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        type(self).looks += 1
        return super().get(key, default)


def test_ids_are_counted_on_however_many_there_are() -> None:
    """What is there already is looked at once, and not once more for each that is added."""
    first = CocoLabels()
    found = Segmentation(
        40, 50, (_hand(np.full((5, 5), 255, np.uint8), Side.LEFT),), Timings(0, 0, 0)
    )
    for number in range(300):
        first.add(f"{number}.png", "bag", found)
    content = json.loads(json.dumps(first.content()))
    content["images"][7]["id"], content["annotations"][9]["id"] = 5000, "4000"
    for name in ("images", "annotations"):
        content[name] = [Counted(item) for item in content[name]]
    labels = CocoLabels(content)
    for number in range(300, 600):
        labels.add(f"{number}.png", "bag", found)
    assert Counted.looks <= 600
    made = labels.content()
    assert [item["id"] for item in made["images"][300:]] == list(range(5001, 5301))
    assert [item["id"] for item in made["annotations"][300:]] == list(range(4001, 4301))
    assert [item["image_id"] for item in made["annotations"][300:]] == list(range(5001, 5301))


def test_holes_and_pieces_and_objects(tmp_path: Path) -> None:
    """A ring and a dot beside it are one hand; COCO keeps the hole, labelme both pieces."""
    mask = np.zeros((20, 30), np.uint8)
    cv2.circle(mask, (9, 9), 9, 255, cv2.FILLED)
    cv2.circle(mask, (9, 9), 4, 0, cv2.FILLED)
    mask[8:14, 22:28] = 255
    thing = ObjectRegion(1, 0.7, Box(0, 0, 4, 2), np.full((2, 4), 255, np.uint8), 8, (0.0, 0.0))
    found = Segmentation(40, 50, (_hand(mask, Side.RIGHT),), Timings(0, 0, 0), (thing,))
    labels = CocoLabels()
    labels.add("a.png", "bag", found)
    (tmp_path / "coco.json").write_text(json.dumps(labels.content()))
    coco = COCO(str(tmp_path / "coco.json"))
    hand, item = coco.loadAnns(coco.getAnnIds())
    np.testing.assert_array_equal(coco.annToMask(hand)[2:22, 3:33], mask > 0)
    names = [coco.loadCats(label["category_id"])[0]["name"] for label in (hand, item)]
    assert names == ["right_hand", "object"]
    shapes = labelme_file("a.png", found)["shapes"]
    assert [(shape["label"], shape["group_id"]) for shape in shapes] == [
        ("right_hand", 1), ("right_hand", 1), ("object", 2),
    ]  # fmt: skip


def test_pieces_too_thin_for_a_polygon_are_left_out() -> None:
    thin = np.zeros((9, 9), np.uint8)
    thin[2, 2:8] = 255
    assert outlines(thin) == []


@pytest.mark.parametrize("apart", ["-1", "nan", "soon"])
def test_a_time_that_is_none_is_refused(apart: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["label-bag", "bag", "out", "--uncertain", "3", "--apart", apart])
    assert caught.value.code == 2
    assert "--apart: " in capsys.readouterr().err
