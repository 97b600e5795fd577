"""Guards labels that people draw: exact on disk, in both formats, over the revision they saw."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.file_limit import file_limit
from support.label_page import write_pictures

from handseg_ros.cli.main import main
from handseg_ros.datasets.coco.records import CATEGORIES
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.labelling.cutting import cut_out
from handseg_ros.labelling.label_folder import (
    COCO_FILE,
    LabelFolder,
    StaleLabelError,
    UnknownPictureError,
)
from handseg_ros.labelling.order import UncertaintyOrder
from handseg_ros.labelling.picture_label import LabelError, LabelInstance
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.run_lengths import run_counts
from handseg_ros.segmentation.segmenter import Segmenter

ORIENTATION_TAG = 274


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """Return the smallest model."""
    return Segmenter.load("hands_fast")


@pytest.fixture
def folder(segmenter: Segmenter, tmp_path: Path) -> LabelFolder:
    """Return a folder of three pictures without labels."""
    return LabelFolder(write_pictures(tmp_path / "pictures"), segmenter.segment)


def drawn(mask: np.ndarray, label: str = "hand") -> LabelInstance:
    """Return an instance of a mask, bool (H, W)."""
    shape = mask.shape[0], mask.shape[1]
    whole = Box(0, 0, shape[1], shape[0])
    return LabelInstance(label, tuple(run_counts(mask, whole, shape)))


def holes(shape: tuple[int, int] = (480, 640)) -> np.ndarray:
    """Return a mask that polygons lose: scattered pixels, and a hole of one."""
    mask = np.random.default_rng(0).random(shape) > 0.7
    mask[100:200, 100:200] = True
    mask[150, 150] = False
    return mask


def test_a_model_suggests_what_is_not_labelled(folder: LabelFolder, segmenter: Segmenter) -> None:
    label = folder.label("hands")
    found = segmenter.segment(rendered_hands())
    assert not label.is_saved
    assert len(label.instances) == len(found.hands) >= 2
    for instance, hand in zip(label.instances, found.hands, strict=True):
        assert instance.label == f"{hand.side.name.lower()}_hand"
        assert sum(instance.counts[1::2]) == hand.area
    assert not list(folder.path.rglob("*.json"))


def test_what_is_saved_is_read_again_to_the_pixel(folder: LabelFolder) -> None:
    instances = [drawn(holes(), "left_hand"), drawn(~holes(), "object")]
    revision = folder.save("hands", "", instances)
    label = folder.label("hands")
    assert (label.revision, label.is_saved) == (revision, True)
    assert [(one.label, one.counts) for one in label.instances] == [
        (one.label, one.counts) for one in instances
    ]
    assert [one.name for one in folder.pictures() if one.is_labelled] == ["hands"]


@pytest.mark.parametrize("as_coco", [True, False], ids=["coco", "labelme"])
def test_other_commands_read_what_was_drawn(folder: LabelFolder, as_coco: bool) -> None:
    mask = holes((240, 320))
    folder.save("deep/small", "", [drawn(mask, "right_hand")])
    folder.save("wall", "", [])
    path = folder.path / COCO_FILE if as_coco else folder.path
    frames = {frame.name: frame for frame in open_dataset(path)}
    truths = {name: frame.ground_truth for name, frame in frames.items()}
    small = truths["deep/small"]
    assert small is not None
    np.testing.assert_array_equal(small.mask, mask)
    assert [side.name for side in small.sides.values()] == ["RIGHT"]
    wall = truths["wall"]
    assert wall is not None
    assert not wall.mask.any()
    assert truths.get("hands") is None


def test_a_label_drawn_on_an_old_revision_is_refused(folder: LabelFolder) -> None:
    first = folder.save("wall", "", [])
    second = folder.save("wall", first, [drawn(np.ones((100, 100), bool))])
    for stale in ("", first, "made up"):
        with pytest.raises(StaleLabelError, match="'wall' since it was opened"):
            folder.save("wall", stale, [])
    assert folder.label("wall").revision == second
    assert len(folder.label("wall").instances) == 1


def test_of_many_at_a_time_one_is_first(folder: LabelFolder, segmenter: Segmenter) -> None:
    """Two servers on one folder, each with many threads."""
    other = LabelFolder(folder.path, segmenter.segment)

    def save(number: int) -> bool:
        mask = np.zeros((100, 100), bool)
        mask[number] = True
        try:
            (folder, other)[number % 2].save("wall", "", [drawn(mask)])
        except StaleLabelError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(save, range(16)))
    assert sum(saved) == 1
    (instance,) = folder.label("wall").instances
    expected = np.zeros((100, 100), bool)
    expected[saved.index(True)] = True
    assert instance == drawn(expected)


def test_other_labels_and_words_of_the_files_stay(folder: LabelFolder) -> None:
    revision = folder.save("wall", "", [])
    folder.save("hands", "", [drawn(holes())])
    label, coco = folder.path / "wall.json", folder.path / COCO_FILE
    content = json.loads(label.read_text())
    content |= {"flags": {"blurred": True}, "person": "p1"}
    label.write_text(json.dumps(content))
    with pytest.raises(StaleLabelError):
        folder.save("wall", revision, [])
    before = json.loads(coco.read_text())
    folder.save("wall", folder.label("wall").revision, [drawn(np.ones((100, 100), bool))])
    after = json.loads(label.read_text())
    assert (after["flags"], after["person"]) == ({"blurred": True}, "p1")
    assert len(after["shapes"]) == 1
    kept = json.loads(coco.read_text())
    assert kept["images"] == before["images"]
    assert kept["annotations"][: len(before["annotations"])] == before["annotations"]
    assert len({item["id"] for item in kept["annotations"]}) == len(kept["annotations"])


def labelme_shape(label: str, **more: Any) -> dict[str, Any]:
    """Return a shape as labelme writes it."""
    points = [[10, 10], [60, 10], [60, 60], [10, 60]]
    known: dict[str, Any] = {
        "points": points,
        "shape_type": "polygon",
        "group_id": None,
        "flags": {},
    }
    return {"label": label, **known, "description": "", **more}


def write_labelme(folder: LabelFolder, name: str, shapes: list[dict[str, Any]]) -> Path:
    """Write labelme's file beside a picture of 100x100."""
    file = folder.path / f"{name}.json"
    size = {"imagePath": f"{name}.png", "imageHeight": 100, "imageWidth": 100}
    file.write_text(json.dumps({"flags": {}, "shapes": shapes, **size}))
    return file


def reopened(folder: LabelFolder, name: str, *, without_hands: bool = False) -> None:
    """Open a label and save it as it is, as the page does."""
    label = folder.label(name)
    folder.save(name, label.revision, () if without_hands else label.instances)


def test_a_hand_that_is_opened_and_saved_loses_nothing_that_its_file_says(
    folder: LabelFolder,
) -> None:
    told = {"iscrowd": True, "track_id": 7, "all_hands_together": True, "owner": "self"}
    words = {"attributes": told, "description": "gloved", "flags": {"blurred": True}}
    file = write_labelme(folder, "wall", [labelme_shape("hand", **words)])
    reopened(folder, "wall")
    (shape,) = json.loads(file.read_text())["shapes"]
    assert {name: shape[name] for name in words} == words
    (annotation,) = json.loads((folder.path / COCO_FILE).read_text())["annotations"]
    assert annotation["iscrowd"] == 1
    assert annotation["attributes"].items() >= {"track_id": 7, "all_hands_together": True}.items()
    for path in (folder.path, folder.path / COCO_FILE):
        (truth,) = [frame.ground_truth for frame in open_dataset(path) if frame.name == "wall"]
        assert truth is not None
        (area,) = truth.areas
        assert (area.is_crowd, area.track, area.is_together) == (True, 7, True)


def test_shapes_that_are_no_hands_stay_where_hands_are_labelled(folder: LabelFolder) -> None:
    face = labelme_shape("face", description="whose")
    mark = labelme_shape("mark", points=[[5, 5]], shape_type="point")
    file = write_labelme(folder, "wall", [face, labelme_shape("hand"), mark])
    for without_hands in (False, True, False):
        reopened(folder, "wall", without_hands=without_hands)
        shapes = json.loads(file.read_text())["shapes"]
        assert [item for item in shapes if item["label"] != "hand"] == [face, mark]
    # that there is no hand was saved by a person, who saw the other labels
    (truth,) = [one.ground_truth for one in open_dataset(folder.path) if one.name == "wall"]
    assert truth is not None
    assert not truth.mask.any()
    content = json.loads(file.read_text())
    content["shapes"].append(labelme_shape("hnad"))
    file.write_text(json.dumps(content))
    with pytest.raises(LabelError, match="its label 'hnad' is none of"):
        folder.label("wall")


def test_shapes_that_would_lie_elsewhere_when_the_picture_is_upright_are_told(
    folder: LabelFolder, segmenter: Segmenter
) -> None:
    image = Image.new("RGB", (60, 100))
    tags = image.getexif()
    tags[ORIENTATION_TAG] = 6
    image.save(folder.path / "turned.jpg", exif=tags)
    again = LabelFolder(folder.path, segmenter.segment)
    file = write_labelme(again, "turned", [labelme_shape("face"), labelme_shape("hand")])
    content = json.loads(file.read_text()) | {"imagePath": "turned.jpg", "imageWidth": 60}
    file.write_text(json.dumps(content))
    with pytest.raises(MediaError, match="shapes of 'face' that were drawn on the picture as it"):
        reopened(again, "turned")
    assert json.loads(file.read_text()) == content


def test_pictures_of_one_name_in_two_folders_keep_their_own_labels(
    segmenter: Segmenter, tmp_path: Path
) -> None:
    path = write_pictures(tmp_path / "pictures")
    (path / "small.png").write_bytes((path / "deep" / "small.png").read_bytes())
    folder, mask = LabelFolder(path, segmenter.segment), holes((240, 320))
    folder.save("small", "", [drawn(mask)])
    folder.save("deep/small", "", [drawn(~mask)])
    frames = {frame.name: frame for frame in open_dataset(path / COCO_FILE)}
    for name, expected in (("small", mask), ("deep/small", ~mask)):
        truth = frames[name].ground_truth
        assert truth is not None
        np.testing.assert_array_equal(truth.mask, expected)


def test_first_labels_of_a_bag_are_a_model_s_until_somebody_saves(
    segmenter: Segmenter, tmp_path: Path
) -> None:
    """What `handseg label-bag` wrote is corrected in its own files, and reads so."""
    images = [image_entry("/camera", stamp_of(n), rendered_hands()) for n in range(2)]
    write_bag(tmp_path / "bag", images)
    assert main(["label-bag", str(tmp_path / "bag"), str(tmp_path / "labels"), "--every", "1"]) == 0
    folder = LabelFolder(tmp_path / "labels", segmenter.segment)
    first, second = (one.name for one in folder.pictures())
    assert not any(one.is_labelled for one in folder.pictures())
    mask = holes()
    folder.save(first, folder.label(first).revision, [drawn(mask)])
    assert [one.is_labelled for one in folder.pictures()] == [True, False]
    content = json.loads((folder.path / COCO_FILE).read_text())
    assert len(content["images"]) == 2
    frames = {Path(frame.name).name: frame for frame in open_dataset(folder.path / COCO_FILE)}
    truth = frames[Path(first).name].ground_truth
    assert truth is not None
    np.testing.assert_array_equal(truth.mask, mask)
    assert frames[Path(second).name].ground_truth is not None


BAD = {
    "too few pixels": (LabelInstance("hand", (5,)), "100x100"),
    "below zero": (LabelInstance("hand", (-5, 10_005)), "100x100"),
    "none": (LabelInstance("hand", ()), "100x100"),
    "another label": (LabelInstance("foot", (10_000,)), "'foot'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_label_is_refused(folder: LabelFolder, case: str) -> None:
    instance, words = BAD[case]
    with pytest.raises(LabelError, match=words):
        folder.save("wall", "", [instance])
    assert not list(folder.path.rglob("*.json"))


@pytest.mark.parametrize("name", ["", "other", "../hands", "/etc/passwd", "hands.png", "hands\0"])
def test_names_lead_nowhere_else(folder: LabelFolder, name: str) -> None:
    with pytest.raises(UnknownPictureError):
        folder.label(name)
    with pytest.raises(UnknownPictureError):
        folder.save(name, "", [])


OF_OTHERS = {
    "other categories": '{"images": [], "annotations": [], "categories": [{"id": 1}]}',
    "a cut": '{"images": [',
    "no list": json.dumps({"categories": CATEGORIES}),
    "no number": json.dumps({"images": [{}], "annotations": [], "categories": CATEGORIES}),
}


@pytest.mark.parametrize("case", OF_OTHERS)
def test_a_file_of_others_is_told_before_anything_is_drawn(
    folder: LabelFolder, segmenter: Segmenter, case: str
) -> None:
    coco = folder.path / COCO_FILE
    coco.write_text(OF_OTHERS[case])
    with pytest.raises(MediaError, match=r"annotations\.json' is no .* file.*: move it elsewhere"):
        LabelFolder(folder.path, segmenter.segment)
    # one that came after the start is not written over, and nothing is half saved
    with pytest.raises(MediaError, match="move it elsewhere"):
        folder.save("wall", "", [])
    assert coco.read_text() == OF_OTHERS[case]
    assert list(folder.path.rglob("*.json")) == [coco]
    coco.unlink()
    folder.save("wall", "", [])


def test_a_disk_that_is_full_leaves_what_was_saved_before(folder: LabelFolder) -> None:
    folder.save("hands", "", [drawn(holes())])
    revision = folder.save("wall", "", [drawn(np.ones((100, 100), bool))])
    before = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    label, all_labels = (len(before[folder.path / name]) for name in ("wall.json", COCO_FILE))
    assert 2 * label < all_labels
    with file_limit(2 * label), pytest.raises(MediaError, match="File too large"):
        folder.save("wall", revision, [])
    assert {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()} == before
    folder.save("wall", revision, [])


def test_a_picture_whose_label_would_be_the_file_of_all_is_told(
    folder: LabelFolder, segmenter: Segmenter
) -> None:
    (folder.path / "wall.png").rename(folder.path / "annotations.png")
    with pytest.raises(MediaError, match=r"'\S*annotations\.png' .*: rename the picture"):
        LabelFolder(folder.path, segmenter.segment)
    # below, it has a file of its own
    (folder.path / "annotations.png").rename(folder.path / "deep" / "annotations.png")
    LabelFolder(folder.path, segmenter.segment).save("deep/annotations", "", [])


def test_a_folder_without_pictures_is_told(segmenter: Segmenter, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(MediaError, match="no folder with pictures"):
            LabelFolder(path, segmenter.segment)


def test_pictures_whose_names_cannot_be_sent_are_told(
    folder: LabelFolder, segmenter: Segmenter
) -> None:
    assert folder.left_out == ""
    (folder.path / "wall.png").rename(folder.path / os.fsdecode(b"caf\xe9.png"))
    left = LabelFolder(folder.path, segmenter.segment)
    assert [one.name for one in left.pictures()] == ["deep/small", "hands"]
    assert r"1 picture(s) are left out" in left.left_out
    assert left.left_out.endswith(r"caf\xe9.png': rename them")
    for name in ("hands.png", "deep/small.png"):
        (folder.path / name).unlink()
    with pytest.raises(MediaError, match=r"caf\\xe9.png': rename them"):
        LabelFolder(folder.path, segmenter.segment)


def test_pictures_in_linked_folders_are_labelled(
    folder: LabelFolder, segmenter: Segmenter, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (folder.path / "deep").rename(elsewhere)
    (folder.path / "deep").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder.path)
    (folder.path / "also").symlink_to(elsewhere)
    (folder.path / "._wall.png").write_bytes(b"\0\5\x16\7")
    (elsewhere / "back" / "deep" / "other.png").write_bytes((folder.path / "wall.png").read_bytes())
    linked = LabelFolder(folder.path, segmenter.segment)
    names = {one.name.rpartition("/")[2]: one.name for one in linked.pictures()}
    assert len(linked.pictures()) == len(names) == 4
    assert sorted(names) == ["hands", "other", "small", "wall"]
    linked.save(names["small"], "", [drawn(holes((240, 320)))])
    for path in (folder.path, folder.path / COCO_FILE):
        truths = {frame.name: frame.ground_truth for frame in open_dataset(path)}
        truth = truths[names["small"]]
        assert truth is not None
        np.testing.assert_array_equal(truth.mask, holes((240, 320)))


def test_labels_in_coco_alone_are_not_lost_but_refused_with_the_way_to_label_on(
    folder: LabelFolder, segmenter: Segmenter, tmp_path: Path
) -> None:
    mask = holes()
    folder.save("hands", "", [drawn(mask)])
    coco, labelme = tmp_path / "coco", tmp_path / "labelme"
    assert main(["data", "export", str(folder.path), "--format", "coco", "--out", str(coco)]) == 0
    with pytest.raises(MediaError, match=r"'annotations\.json' alone, and would be lost"):
        LabelFolder(coco, segmenter.segment)
    assert main(["data", "export", str(coco), "--format", "labelme", "--out", str(labelme)]) == 0
    again = LabelFolder(labelme, segmenter.segment)
    (labelled,) = [picture.name for picture in again.pictures() if picture.is_labelled]
    assert Path(labelled).name == "hands"
    assert [one.counts for one in again.label(labelled).instances] == [drawn(mask).counts]


@pytest.mark.parametrize("name", ["a/b/c/x.png", "a/X.JPG"])
def test_what_was_drawn_here_can_be_opened_again(
    segmenter: Segmenter, tmp_path: Path, name: str
) -> None:
    picture = tmp_path / name
    picture.parent.mkdir(parents=True)
    cv2.imwrite(str(picture), np.zeros((40, 60, 3), np.uint8))
    (listed,) = LabelFolder(tmp_path, segmenter.segment).pictures()
    mask = np.eye(40, 60, dtype=bool)
    LabelFolder(tmp_path, segmenter.segment).save(listed.name, "", [drawn(mask)])
    again = LabelFolder(tmp_path, segmenter.segment).label(listed.name)
    assert [one.counts for one in again.instances] == [drawn(mask).counts]


@pytest.mark.parametrize("opened", ["", "images"])
def test_a_folder_with_masks_is_refused_with_the_way_to_label_it(
    segmenter: Segmenter, tmp_path: Path, opened: str
) -> None:
    """Its masks would be shown as pictures, and be read by all others in place of what is drawn."""
    folder, labelme = tmp_path / "set", tmp_path / "labelme"
    mask = np.zeros((40, 60), np.uint8)
    mask[5:15, 5:15] = 255
    for part, picture in (("images", np.zeros((40, 60, 3), np.uint8)), ("masks", mask)):
        (folder / part).mkdir(parents=True)
        cv2.imwrite(str(folder / part / "a.png"), picture)
    with pytest.raises(MediaError, match=r"images/ and masks/.* in place of what is drawn: write"):
        LabelFolder(folder / opened, segmenter.segment)
    assert main(["data", "export", str(folder), "--format", "labelme", "--out", str(labelme)]) == 0
    again = LabelFolder(labelme, segmenter.segment)
    (listed,) = again.pictures()
    assert [one.counts for one in again.label(listed.name).instances] == [drawn(mask > 0).counts]


@pytest.mark.parametrize("opened", ["", "set0"])
def test_captured_frames_are_labelled_until_they_have_masks(
    segmenter: Segmenter, tmp_path: Path, opened: str
) -> None:
    """Converting them reads the masks alone, and a mask is no picture to label."""
    folder = tmp_path / "set0"
    folder.mkdir()
    for name in ("bkg", "0"):
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((40, 60, 3), np.uint8))
    assert len(LabelFolder(tmp_path / opened, segmenter.segment).pictures()) == 2
    cv2.imwrite(str(folder / "0_mask.png"), np.zeros((40, 60), np.uint8))
    with pytest.raises(MediaError, match=r"0_mask', are read in place of what is drawn: correct"):
        LabelFolder(tmp_path / opened, segmenter.segment)


def test_the_least_certain_comes_first(folder: LabelFolder, segmenter: Segmenter) -> None:
    folder.save("hands", "", [])
    (folder.path / "broken.png").write_bytes(b"no picture")
    again = LabelFolder(folder.path, segmenter.segment)
    order = UncertaintyOrder(again, segmenter.segment, 0.4)
    unranked = [(one.name, one.is_ranked) for one in order.pictures()]
    assert unranked == [
        ("broken", False),
        ("deep/small", False),
        ("wall", False),
        ("hands", True),
    ]
    order.rank()
    assert [one.name for one in order.pictures()] == ["deep/small", "wall", "broken", "hands"]
    assert all(one.is_ranked for one in order.pictures())
    # what is labelled goes to the end, whatever the model found
    again.save("deep/small", "", [])
    assert [one.name for one in order.pictures()] == ["wall", "broken", "deep/small", "hands"]


def test_a_box_is_cut_by_its_colours() -> None:
    generator = np.random.default_rng(0)
    image = generator.integers(90, 110, (300, 400, 3)).astype(np.uint8)
    hand = np.zeros((300, 400), np.uint8)
    cv2.circle(hand, (200, 150), 60, 1, -1)
    image[hand > 0] = generator.integers(180, 200, (int(hand.sum()), 3))
    found = cut_out(image, Box(125, 75, 150, 150))
    assert np.count_nonzero(found & (hand > 0)) / np.count_nonzero(found | (hand > 0)) > 0.95
    for box in (Box(-50, -50, 60, 60), Box(0, 0, 400, 300), Box(10, 10, 1, 1), Box(900, 0, 9, 9)):
        outside = np.ones((300, 400), bool)
        outside[box.intersection(Box(0, 0, 400, 300)).slices] = False
        assert not cut_out(image, box)[outside].any()


def test_a_box_as_thin_as_a_pixel_of_the_small_picture_is_cut() -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 6000, 3)).astype(np.uint8)
    assert not cut_out(image, Box(5, 20, 5900, 4))[:20].any()
