"""Guards the conversion of what `handseg evaluate` reads: the same frames come out of both."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.bags import image_entry, noise, stamp_of, write_bag
from support.converting import Converted, convert, rectangles, write_mask, write_picture
from support.painted_scenes import write_scenes

from handseg_ros.cli.main import main
from handseg_ros.datasets.frames import Dataset, LabelledFrame
from handseg_ros.datasets.registry import open_dataset

WIDTH, HEIGHT = 32, 24
IDS = rectangles(WIDTH, HEIGHT, v1=(2, 2, 10, 10), v2=(14, 2, 10, 10))
IDS[5:8, 5:8] = 0


def check_same_frames(source: Dataset, found: Converted) -> None:
    """Compare frames that were read of the source with those of what became of it."""
    before = {frame.name: frame for frame in source if frame.ground_truth is not None}
    after = {frame.name: frame for frame in open_dataset(found.folder)}
    assert len(before) == len(after) == len(found.images) > 0
    for (name, one), other in zip(before.items(), after.values(), strict=True):
        assert other.name.endswith(name)
        _check_same(one, other)


def _check_same(one: LabelledFrame, other: LabelledFrame) -> None:
    np.testing.assert_array_equal(one.image, other.image)
    assert one.sequence == other.sequence
    known, found = one.ground_truth, other.ground_truth
    assert known is not None
    assert found is not None
    assert known.has_instances == found.has_instances
    np.testing.assert_array_equal(known.mask, found.mask)
    for number, side in known.sides.items():
        (own,) = np.unique(found.ids[known.ids == number])
        assert found.sides[own] == side
    if known.objects is not None:
        assert found.objects is not None
        np.testing.assert_array_equal(known.objects, found.objects)


def write_folder(folder: Path) -> Path:
    for name in ("hall/a", "hall/b", "hall/c", "yard/d"):
        write_picture(folder / "images" / f"{name}.jpg", WIDTH, HEIGHT)
    write_mask(folder / "masks" / "hall" / "a.png", IDS)
    write_mask(folder / "masks" / "hall" / "b.png", (IDS == 1).astype(np.uint8) * 255)
    write_mask(folder / "masks" / "yard" / "d.png", IDS[1:])
    write_mask(folder / "objects" / "hall" / "a.png", (IDS == 0).astype(np.uint8) * 255)
    (folder / "frames.csv").write_text(
        "name,sides,tracks,person,light\nhall/a,1=left;2=right,1=7;2=9,ann,dim\n"
    )
    return folder


def test_a_mask_folder_keeps_all_that_it_tells(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "labels")
    found = convert(source, "masks", tmp_path / "out")
    check_same_frames(open_dataset(source), found)
    left, right, item = found.areas["hall/a"]
    assert left.attributes == {"side": "left", "track_id": 7}
    assert (right.label, item.label) == ("right_hand", "object")
    assert found.images["hall/a"]["person"] == "ann"
    assert found.images["hall/a"]["tags"] == {"light": "dim"}
    assert found.only_area("hall/b").attributes == {"all_hands_together": True}
    assert found.picture("hall/a") == (source / "images" / "hall" / "a.jpg").read_bytes()
    assert found.skipped["hall/c"] == "it has no label"
    assert "its mask has 32x23 pixels" in found.skipped["yard/d"]


def shape(label: str, points: list[list[float]], **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": "polygon", "group_id": None, **more}


def test_labelme_has_groups_and_masks(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    write_picture(source / "hall" / "a.jpg", WIDTH, HEIGHT)
    hole = np.full((6, 6), 255, np.uint8)
    hole[2:4, 2:4] = 0
    mask = base64.b64encode(cv2.imencode(".png", hole)[1].tobytes()).decode()
    shapes = [
        shape("left hand", [[2, 2], [8, 2], [8, 8], [2, 8]], group_id=1),
        shape("left hand", [[2, 12], [8, 12], [8, 18], [2, 18]], group_id=1),
        shape("right hand", [[20, 10], [25, 15]], shape_type="mask", mask=mask),
        shape("cup", [[0, 0], [1, 0], [1, 1]]),
    ]
    content = {
        "version": "5.0.0", "flags": {"gloves": True}, "shapes": shapes, "imagePath": "a.jpg",
        "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH,
    }  # fmt: skip
    (source / "hall" / "a.json").write_text(json.dumps(content))
    found = convert(source, "labelme", tmp_path / "out")
    check_same_frames(open_dataset(source), found)
    left, right = found.areas["hall/a"]
    assert left.mask is not None
    assert right.mask is not None
    assert np.count_nonzero(left.mask) == 72
    assert not right.mask[12:14, 22:24].any()
    assert found.images["hall/a"]["tags"] == {"gloves": "yes"}


def test_a_bag_s_pictures_are_written_without_loss(tmp_path: Path) -> None:
    entries = []
    for number in range(3):
        entries.append(image_entry("/camera/image", stamp_of(number), noise(number)))
        if number < 2:
            label = np.roll(IDS, number, axis=1)
            entries.append(image_entry("/ground_truth/mask", stamp_of(number), label, "mono8"))
    bag = write_bag(tmp_path / "kitchen", entries, custom={"light": "dim"})
    found = convert(bag, "bag", tmp_path / "out")
    check_same_frames(open_dataset(bag), found)
    image = next(iter(found.images.values()))
    assert image["file_name"].endswith(".png")
    assert (image["sequence"], image["tags"]) == ("kitchen", {"light": "dim"})
    assert list(found.skipped.values()) == ["it has no label"]


def test_topics_are_those_of_bags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_folder(tmp_path / "labels")
    arguments = ["data", "convert", str(source), "--format", "masks", "--topic", "/a"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert "is no rosbag, so --topic" in capsys.readouterr().err


def test_rendered_scenes_keep_their_hands(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    source = write_scenes(tmp_path / "scenes")
    found = convert(source, "rendered", tmp_path / "out")
    check_same_frames(open_dataset(source), found)
    tags = [area.attributes.get("skin") for areas in found.areas.values() for area in areas]
    assert any(tags)


def turned(file: Path, orientation: int) -> None:
    """Have EXIF say that a JPEG is stored turned."""
    data = file.read_bytes()
    directory = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation, 0, 0])
    segment = b"Exif\0\0" + directory + b"\0\0\0\0"
    length = (len(segment) + 2).to_bytes(2, "big")
    file.write_bytes(data[:2] + b"\xff\xe1" + length + segment + data[2:])


def test_a_turned_picture_keeps_its_bytes_and_its_label(tmp_path: Path) -> None:
    source = tmp_path / "labels"
    file = write_picture(source / "images" / "a.jpg", WIDTH, HEIGHT)
    turned(file, 6)
    write_mask(source / "masks" / "a.png", IDS)
    half = write_picture(source / "images" / "b.jpg", WIDTH, HEIGHT)
    turned(half, 3)
    write_mask(source / "masks" / "b.png", IDS)
    found = convert(source, "masks", tmp_path / "out", "--label-orientation", "stored")
    image = found.images["a"]
    assert (image["width"], image["height"]) == (HEIGHT, WIDTH)
    assert image["label_orientation"] == "upright"
    assert found.picture("a") == file.read_bytes()
    after = {frame.name.rpartition("/")[2]: frame for frame in open_dataset(found.folder)}
    known = {"a": np.rot90(IDS, -1), "b": np.rot90(IDS, 2)}
    for name, ids in known.items():
        ground_truth = after[name].ground_truth
        assert ground_truth is not None
        np.testing.assert_array_equal(ground_truth.mask, ids > 0)
