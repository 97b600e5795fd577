"""Guards which reader takes which path, and what is said when none does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.bags import image_entry, stamp_of, write_bag

from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.frames import RandomAccessDataset
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError

PICTURE = np.zeros((8, 8, 3), np.uint8)
COCO = """{"images": [{"id": 1, "file_name": "p.png"}], "annotations": [],
"categories": [{"id": 1, "name": "hand"}]}"""


def write_files(folder: Path, *names: str, text: str = "{}") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".json"):
            (folder / name).write_text(text)
        else:
            cv2.imwrite(str(folder / name), PICTURE)
    return folder


def test_each_kind_of_set_is_told_by_what_is_there(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "f", "images/p.png", "masks/p.png")
    labelme = write_files(tmp_path / "l", "p.png", "p.json")
    coco = write_files(tmp_path / "c", "p.png", "coco.json", text=COCO) / "coco.json"
    titles = [open_dataset(path).title for path in (folder, labelme, coco)]
    assert titles == ["f", "l", "coco"]
    for path in (folder, labelme, coco):
        assert isinstance(open_dataset(path), RandomAccessDataset)


def test_a_bag_is_told_before_all_else(tmp_path: Path) -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    entries = [image_entry("/image", stamp_of(0), picture), image_entry("/left", 7, picture)]
    bag = write_bag(tmp_path / "kitchen", entries)
    (bag / "notes.json").write_text("{}")
    with pytest.raises(MediaError, match="/left"):
        open_dataset(bag)
    (frame,) = open_dataset(bag, BagOptions(topic="/image"))
    assert frame.stamp == stamp_of(0)


def test_a_path_with_nothing_at_its_end_still_has_a_title(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_files(tmp_path / "f", "images/p.png", "masks/p.png"))
    assert open_dataset(Path()).title == "f"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone", ["gone", "does not exist"]),
        ("empty", ["empty", "no labelled set", "images/ and masks/", "COCO", "labelme"]),
        ("notes.txt", ["notes.txt", "no labelled set"]),
        ("labelme.json", ["labelme.json", "no COCO file", "give a folder"]),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, name: str, words: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hands")
    (tmp_path / "labelme.json").write_text('{"shapes": []}')
    with pytest.raises(MediaError) as raised:
        open_dataset(tmp_path / name)
    for word in words:
        assert word in str(raised.value)
