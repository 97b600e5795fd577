"""Guards the conversion of data sets with masks: values, sides, holes, sizes, sequences, people."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.converting import Converted, convert, rectangles, write_mask, write_picture

from handseg_ros.cli.main import main

WIDTH, HEIGHT = 32, 24
HOLED = rectangles(WIDTH, HEIGHT, v255=(4, 4, 12, 12))
HOLED[8:11, 8:11] = 0


def coloured(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    return np.stack([blue, green, red], axis=-1)


def same(area_mask: np.ndarray | None, expected: np.ndarray) -> bool:
    return area_mask is not None and bool((area_mask == expected).all())


def check_picture(found: Converted, name: str, file: Path) -> None:
    assert found.picture(name) == file.read_bytes()


def test_freihand_s_four_versions_share_a_mask(tmp_path: Path) -> None:
    source, out = tmp_path / "FreiHAND", tmp_path / "out"
    names = ["00000000", "00000007", "00032560", "00097687"]
    for number, name in enumerate(names):
        write_picture(source / "training" / "rgb" / f"{name}.jpg", WIDTH, HEIGHT, number)
    none = np.zeros_like(HOLED)
    write_mask(source / "training" / "mask" / "00000000.jpg", coloured(HOLED, HOLED, HOLED))
    seven = rectangles(WIDTH, HEIGHT, v255=(16, 8, 8, 8), v120=(0, 0, 8, 8))
    write_mask(source / "training" / "mask" / "00000007.jpg", coloured(seven, none, none))
    found = convert(source, "freihand", out)
    assert list(found.images) == [f"training/{name}" for name in names]
    images = [found.images[f"training/{name}"] for name in names]
    assert [item["sequence"] for item in images] == ["00000000", "00000007"] * 2
    assert [item["tags"]["version"] for item in images] == ["gs", "gs", "hom", "auto"]
    first = found.only_area("training/00000000")
    assert (first.label, first.attributes) == ("right_hand", {"side": "right"})
    assert first.mask is not None
    # JPEG: the edge is soft, the hole and the middle are not
    assert not first.mask[9, 9]
    assert np.count_nonzero(first.mask != (HOLED > 0)) < 20
    other = found.only_area("training/00097687")
    assert same(other.mask, found.only_area("training/00000007").mask)  # type: ignore[arg-type]
    assert other.mask is not None
    assert not other.mask[:8, :8].any()
    check_picture(found, "training/00097687", source / "training" / "rgb" / "00097687.jpg")


def test_ho3d_has_hand_and_object_of_smaller_masks(tmp_path: Path) -> None:
    source = tmp_path / "HO3D_v3"
    hand = rectangles(WIDTH // 2, HEIGHT // 2, v255=(2, 2, 6, 6))
    item = rectangles(WIDTH // 2, HEIGHT // 2, v255=(9, 2, 4, 4))
    none = np.zeros_like(hand)
    for camera in ("ABF10", "ABF14", "MC1"):
        folder = source / "train" / camera
        write_picture(folder / "rgb" / "0003.jpg", WIDTH, HEIGHT)
        write_mask(folder / "seg" / "0003.png", coloured(none, item, hand))
    write_picture(source / "train" / "MC1" / "rgb" / "0004.jpg", WIDTH, HEIGHT)
    write_mask(source / "train" / "MC1" / "seg" / "0004.png", np.zeros((10, 10, 3), np.uint8))
    write_picture(source / "train" / "SM1" / "rgb" / "0000.jpg", WIDTH, HEIGHT)  # without masks
    found = convert(source, "ho3d", tmp_path / "out")
    assert {name: image["sequence"] for name, image in found.images.items()} == {
        "train/ABF10/0003": "ABF1", "train/ABF14/0003": "ABF1", "train/MC1/0003": "MC1",
    }  # fmt: skip
    one, two = found.areas["train/MC1/0003"]
    assert (one.label, two.label) == ("right_hand", "object")
    assert same(one.mask, rectangles(WIDTH, HEIGHT, v255=(4, 4, 12, 12)) > 0)
    assert same(two.mask, rectangles(WIDTH, HEIGHT, v255=(18, 4, 8, 8)) > 0)
    assert "no whole part of its picture's 32x24" in found.skipped["train/MC1/0004"]


@pytest.mark.parametrize(
    ("name", "picture", "mask", "words"),
    [
        ("freihand", "training/rgb/00000000.jpg", "training/mask/00000000.jpg", "red is 150"),
        ("hgr1", "original_images/a.jpg", "skin_masks/a.bmp", "most of its border is not"),
        ("ho3d", "train/MC1/rgb/0003.jpg", "train/MC1/seg/0003.png", "neither hand nor object"),
    ],
)
def test_where_all_pictures_have_a_hand_an_empty_mask_is_no_picture_without_one(
    name: str,
    picture: str,
    mask: str,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / name
    write_picture(source / picture, WIDTH, HEIGHT)
    dark = np.full((HEIGHT, WIDTH), 100 if name != "hgr1" else 0, np.uint8)
    write_mask(source / mask, coloured(dark, dark, dark))
    out = tmp_path / "out"
    assert main(["data", "convert", str(source), "--format", name, "--out", str(out)]) == 1
    assert words in capsys.readouterr().err


def test_egohos_names_objects_by_hand_and_order(tmp_path: Path) -> None:
    source = tmp_path / "egohos"
    boxes = {f"v{value}": (3 * value, 2, 2, 4) for value in range(1, 9)}
    values = rectangles(WIDTH, HEIGHT, **boxes)
    for split in ("train", "test_outdomain"):
        write_picture(source / split / "image" / "kitchen_0012.jpg", WIDTH, HEIGHT)
        write_mask(source / split / "label" / "kitchen_0012.png", values)
    write_picture(source / "train" / "image" / "kitchen_0013.jpg", WIDTH, HEIGHT)
    write_mask(source / "train" / "label" / "kitchen_0013.png", np.full((24, 32), 9, np.uint8))
    write_picture(source / "train" / "image" / "kitchen_0014.jpg", WIDTH, HEIGHT)
    found = convert(source, "egohos", tmp_path / "out")
    areas = found.areas["test_outdomain/kitchen_0012"]
    assert [(area.label, area.attributes) for area in areas] == [
        ("left_hand", {"side": "left"}), ("right_hand", {"side": "right"}),
        ("object", {"held_by": "left", "order": 1}), ("object", {"held_by": "right", "order": 1}),
        ("object", {"held_by": "both", "order": 1}), ("object", {"held_by": "left", "order": 2}),
        ("object", {"held_by": "right", "order": 2}), ("object", {"held_by": "both", "order": 2}),
    ]  # fmt: skip
    for value, area in enumerate(areas, start=1):
        assert same(area.mask, values == value)
    assert found.images["train/kitchen_0012"]["sequence"] == "kitchen"
    assert found.skipped == {
        "train/kitchen_0013": "its label has the value 9, which is above 8",
        "train/kitchen_0014": "its label is missing",
    }


def test_rendered_handpose_tells_hands_and_people(tmp_path: Path) -> None:
    source = tmp_path / "RHD_published_v2"
    boxes = {"v1": (0, 0, 30, 20), "v2": (2, 2, 4, 4), "v17": (6, 2, 4, 4), "v18": (14, 2, 4, 4)}
    values = rectangles(WIDTH, HEIGHT, **boxes, v33=(18, 2, 4, 4))
    values[3, 3] = 1  # a hole
    write_picture(source / "training" / "color" / "00000.png", WIDTH, HEIGHT)
    write_mask(source / "training" / "mask" / "00000.png", values)
    write_picture(source / "evaluation" / "color" / "00000.png", WIDTH, HEIGHT)
    write_mask(source / "evaluation" / "mask" / "00000.png", values[:-1])
    found = convert(source, "rhd", tmp_path / "out")
    left, right, person = found.areas["training/00000"]
    assert [left.label, right.label, person.label] == ["left_hand", "right_hand", "person"]
    assert same(left.mask, (values >= 2) & (values <= 17))
    assert same(right.mask, values >= 18)
    assert same(person.mask, values >= 1)
    reason = found.skipped["evaluation/00000"]
    assert "its label has 32x23 pixels, but its picture 32x24" in reason


@pytest.mark.parametrize("is_skin_white", [True, False])
def test_hgr1_has_skin_and_people(is_skin_white: bool, tmp_path: Path) -> None:
    source = tmp_path / "hgr1"
    stem = "1_P_hgr1_id01_2"
    write_picture(source / "original_images" / f"{stem}.jpg", WIDTH, HEIGHT)
    write_mask(source / "skin_masks" / f"{stem}.bmp", HOLED if is_skin_white else 255 - HOLED)
    found = convert(source, "hgr1", tmp_path / "out")
    area = found.only_area(stem)
    assert (area.label, area.attributes) == ("hand", {"region": "skin"})
    assert same(area.mask, HOLED > 0)
    image = found.images[stem]
    assert (image["person"], image["sequence"]) == ("hgr1_id01", "hgr1_id01")
    assert image["tags"] == {"gesture": "1"}


def test_backgrounds_stand_beside_their_frames(tmp_path: Path) -> None:
    source = tmp_path / "human"
    for folder in ("set2", "set10"):
        for name in ("bkg", "0", "1"):
            write_picture(source / folder / f"{name}.png", WIDTH, HEIGHT)
        write_mask(source / folder / "0_mask.png", HOLED)
    found = convert(source, "frame-background", tmp_path / "out")
    assert list(found.images) == ["set2/bkg", "set2/0", "set10/bkg", "set10/0"]
    assert found.areas["set2/bkg"] == []
    image = found.images["set10/0"]
    assert image["background"] == "images/set10/bkg.png"
    assert found.images["set10/bkg"]["background"] == "images/set10/bkg.png"
    assert "tags" not in image
    assert (tmp_path / "out" / "images" / "set10" / "bkg.png").exists()
    assert image["sequence"] == "human/set10"
    area = found.only_area("set2/0")
    assert (area.label, area.attributes) == ("hand", {"all_hands_together": True})
    assert same(area.mask, HOLED > 0)
    assert found.skipped == {"set2/1": "its mask is missing", "set10/1": "its mask is missing"}
    people = convert(source, "frame-background", tmp_path / "more", "--label", "mask=person")
    assert people.only_area("set2/0").label == "person"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("egohands", "is not EgoHands, as it has no metadata.mat"),
        ("freihand", "is not FreiHAND, as it has no training/rgb: unpack 'data.zip' there"),
        ("ho3d", "is not HO-3D, as it has no train"),
        ("egohos", "is not EgoHOS, as it has no train/label"),
        ("rhd", "is not Rendered Handpose, as it has no training/mask"),
        ("hgr1", "is not HGR1, as it has no original_images"),
        ("oxford-hands", "is not the Oxford hand data set"),
        ("pascal-part", "is not PASCAL-Part, as it has no Annotations_Part"),
        ("coco", "should have one COCO file, and has none"),
        ("labelme", "has no JSON files of labelme's"),
        ("cvat", "is not a data set of CVAT's, as it has no annotations.xml"),
        ("label-studio", "has 0 JSON files, not one"),
        ("yolo", "is not a data set of YOLO's, as it has no data.yaml"),
        ("yolo-seg", "is not a data set of YOLO's, as it has no data.yaml"),
        ("masks", "is not a folder of pictures and masks, as it has no images"),
        ("frame-background", "has no folder set0, set1 or the like"),
        ("rendered", "is no folder of rendered scenes"),
        ("bag", "is no rosbag"),
    ],
)
def test_a_wrong_folder_is_told_in_a_sentence(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "something", tmp_path / "out"
    source.mkdir()
    if name == "freihand":
        (source / "data.zip").touch()
    assert main(["data", "convert", str(source), "--format", name, "--out", str(out)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert not out.exists()
