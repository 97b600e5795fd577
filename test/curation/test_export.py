"""Guards exports: what is read again is what was exported, as far as a format can hold it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from support.bags import image_entry, stamp_of, write_bag
from support.toy_set import SHAPE, ToyArea, ToyPicture, box, difficult_areas, pixels, write_toy_set

from handseg_ros.cli.main import main
from handseg_ros.curation.export import WRITERS
from handseg_ros.datasets.annotations import LABELS, areas_of
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.hands import Side

# What a COCO file is called, and so its frames' sequence where none is told.
TITLE = "annotations"
OWN = {"source": "lab", "person": "p1", "sequence": "hall", "tags": {"light": "dim"}}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of every kind of label: single hands, all together, a crowd, and no hand."""
    together = {"attributes": {"all_hands_together": True}}
    return write_toy_set(
        tmp_path_factory.mktemp("toy"),
        [
            ToyPicture("hall/0001", difficult_areas(), OWN),
            ToyPicture("hall/0002", [ToyArea("hand", box(5, 5, 9, 9))]),
            ToyPicture("empty", [], {"source": "lab"}),
            ToyPicture("both", [ToyArea("hand", box(5, 5, 9, 9) | box(40, 20, 9, 9), together)]),
            ToyPicture("crowd", [ToyArea("hand", box(2, 2, 40, 30), {"iscrowd": 1})]),
        ],
    )


def exported(source: Path, kind: str, out: Path, *options: str) -> Path:
    assert main(["data", "export", str(source), "--format", kind, "--out", str(out), *options]) == 0
    return out


def frames(path: Path) -> dict[str, LabelledFrame]:
    dataset = open_dataset(path)
    found = {frame.name: frame for frame in dataset}
    assert dataset.skipped == []
    return found


def told(area: Area) -> tuple[object, ...]:
    """Return all of an area but its pixels; the side stands in its label too."""
    others = {name: value for name, value in area.attributes.items() if name != "side"}
    return area.label, area.is_crowd, area.track, area.is_together, others


def short(name: str) -> str:
    """Return a frame's name in sets that are not told of their folder of pictures."""
    return name.removeprefix("images/")


def truth_of(frame: LabelledFrame) -> GroundTruth:
    assert frame.ground_truth is not None
    return frame.ground_truth


def check_same_areas(one: Sequence[Area], other: Sequence[Area]) -> None:
    assert [told(area) for area in one] == [told(area) for area in other]
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left.mask, right.mask)


@pytest.mark.parametrize("kind", ["coco", "labelme"])
def test_coco_and_labelme_hold_everything(kind: str, toy: Path, tmp_path: Path) -> None:
    before, after = frames(toy), frames(exported(toy, kind, tmp_path / "out"))
    named = {name: name if kind == "coco" else short(name) for name in before}
    assert set(after) == set(named.values())
    for name, frame in before.items():
        again = after[named[name]]
        check_same_areas(areas_of(truth_of(frame)), areas_of(truth_of(again)))
        np.testing.assert_array_equal(truth_of(frame).ids, truth_of(again).ids)
        assert truth_of(frame).has_instances == truth_of(again).has_instances
        assert (frame.tags, frame.sequence) == (again.tags, again.sequence.replace("out", TITLE))
        np.testing.assert_array_equal(frame.image, again.image)


def test_masks_hold_ids_sides_tracks_and_tags(toy: Path, tmp_path: Path) -> None:
    before, after = frames(toy), frames(exported(toy, "masks", tmp_path / "out"))
    assert len(before) == len(after) == 5
    for name, frame in before.items():
        own, again = truth_of(frame), truth_of(after[short(name)])
        # all hands together may be any value
        one, other = (t.ids if t.has_instances else t.mask for t in (own, again))
        np.testing.assert_array_equal(one, other)
        assert (own.has_instances, own.sides, own.tracks, own.ignored) == (
            again.has_instances, again.sides, again.tracks, again.ignored,
        )  # fmt: skip
        assert own.objects is not None
        assert again.objects is not None
        np.testing.assert_array_equal(own.objects, again.objects)
        assert frame.tags == after[short(name)].tags
    assert after["hall/0001"].sequence == "hall"
    assert truth_of(after["hall/0001"]).sides == {1: Side.LEFT, 2: Side.RIGHT}


def test_masks_of_one_hand_of_unknown_side_stay_ids(tmp_path: Path) -> None:
    """A mask with a single value is all hands together, unless something names the id."""
    hand = [ToyArea("hand", box(5, 5, 9, 9))]
    source = write_toy_set(tmp_path / "toy", [ToyPicture("a", hand)])
    (frame,) = frames(exported(source, "masks", tmp_path / "out")).values()
    assert truth_of(frame).has_instances
    assert frame.notes == ()


def yolo_areas(folder: Path, name: str) -> list[tuple[str, np.ndarray]]:
    """Return a label file's areas, filled by pycocotools."""
    classes = yaml.safe_load((folder / "data.yaml").read_text())["names"]
    areas = []
    for line in (folder / "labels" / f"{name}.txt").read_text().splitlines():
        number, *shares = line.split()
        corners = np.array(shares, float).reshape(-1, 2) * (SHAPE[1], SHAPE[0])
        areas.append((classes[int(number)], polygons_mask([corners.ravel().tolist()], SHAPE)))
    return areas


def test_yolo_s_polygons_fill_the_masks_to_the_pixel(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With holes, several parts, hands that touch; each line one hand, its side its class."""
    out = exported(toy, "yolo-seg", tmp_path / "out")
    for name, frame in frames(toy).items():
        own = [(area.label, area.mask) for area in areas_of(truth_of(frame))]
        read = yolo_areas(out, short(name).replace("/", "__"))
        assert [label for label, _ in read] == [label for label, _ in own]
        for (_, mask), (_, filled) in zip(own, read, strict=True):
            np.testing.assert_array_equal(filled, mask)
    assert list(yaml.safe_load((out / "data.yaml").read_text())["names"].values()) == list(LABELS)
    printed = capsys.readouterr().err
    for lost in ("all hands together became one hand", "crowds", "tracks", "attributes", "tags"):
        assert lost in printed


@pytest.mark.parametrize("kind", WRITERS)
def test_converted_again_it_has_the_same_masks(kind: str, toy: Path, tmp_path: Path) -> None:
    """From the set to the other format and back to COCO, hand by hand."""
    out, back = exported(toy, kind, tmp_path / "out"), tmp_path / "back"
    code = main(["data", "convert", str(out), "--format", kind, "--out", str(back)])
    assert code == 0
    again = {name.replace("/", "__"): frame for name, frame in frames(back).items()}
    for name, frame in frames(toy).items():
        read = truth_of(again[name.replace("/", "__")])
        own = truth_of(frame)
        np.testing.assert_array_equal(own.mask, read.mask)
        if own.has_instances:
            np.testing.assert_array_equal(own.ids, read.ids)
            assert own.sides == read.sides


@pytest.mark.parametrize("kind", WRITERS)
def test_pictures_are_the_same_files(kind: str, toy: Path, tmp_path: Path) -> None:
    out = exported(toy, kind, tmp_path / "out")
    sources = {file.stat().st_ino for file in toy.rglob("*.jpg")}
    assert {file.stat().st_ino for file in out.rglob("*.jpg")} == sources
    assert not [file for file in out.rglob("*") if "partial" in file.name]


def test_a_recording_s_frames_are_written_without_loss(tmp_path: Path) -> None:
    mask = box(5, 5, 9, 9).astype(np.uint8) * 3
    entries = [
        image_entry("/image", stamp_of(0), pixels(1)),
        image_entry("/ground_truth/mask", stamp_of(0), mask, "mono8"),
        image_entry("/image", stamp_of(1), pixels(2)),
    ]
    bag = write_bag(tmp_path / "bag", entries)
    coco = frames(exported(bag, "coco", tmp_path / "coco", "--mask-values", "ids"))
    (frame,) = coco.values()  # one without a label has no place in COCO
    np.testing.assert_array_equal(frame.image, pixels(1))
    np.testing.assert_array_equal(truth_of(frame).mask, mask > 0)
    masks = frames(exported(bag, "masks", tmp_path / "masks", "--mask-values", "ids"))
    assert [item.ground_truth is None for item in masks.values()] == [False, True]


def test_a_folder_that_holds_something_is_left_alone(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for kind in WRITERS:
        assert main(["data", "export", str(toy), "--format", kind, "--out", str(tmp_path)]) == 1
        assert "holds something already: choose a new folder" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["mine.txt"]
    inside = str(toy / "out")
    assert main(["data", "export", str(toy), "--format", "coco", "--out", inside]) == 1
    assert "lies in it" in capsys.readouterr().err


def test_a_set_without_a_usable_picture_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = write_toy_set(tmp_path / "toy", [ToyPicture("a")])
    (toy / "images" / "a.jpg").write_bytes(b"no picture")
    out = tmp_path / "out"
    assert main(["data", "export", str(toy), "--format", "coco", "--out", str(out)]) == 1
    assert "no picture of 'annotations' can be used" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["toy"]


def test_labelme_finds_its_own_fields(toy: Path, tmp_path: Path) -> None:
    """It shows no file that lacks one, and decodes masks by these."""
    out = exported(toy, "labelme", tmp_path / "out")
    content = json.loads((out / "hall/0001.json").read_text())
    assert {"version", "flags", "shapes", "imagePath", "imageData"} <= set(content)
    for shape in content["shapes"]:
        assert shape["shape_type"] == "mask"
        assert {"label", "points", "group_id", "flags", "mask"} <= set(shape)
