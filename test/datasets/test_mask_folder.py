"""Guards labelled folders: which mask is whose, what values mean, what frames.csv adds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.frames import LabelledFrame, Skipped
from handseg_ros.datasets.mask_folder.reading import open_folder
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

SHAPE = (40, 60)


def write(folder: Path, part: str, name: str, pixels: np.ndarray) -> None:
    file = folder / part / name
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), pixels)


def mask(*values: int) -> np.ndarray:
    """Return a mask in which each value has ten pixels."""
    pixels = np.zeros(SHAPE, np.uint8)
    for row, value in enumerate(values):
        pixels[row, :10] = value
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2, 10):
        picture = np.full((*SHAPE, 3), number, np.uint8)
        write(tmp_path, "images", f"f_{number}.png", picture)
    write(tmp_path, "masks", "f_1.png", mask(255))
    write(tmp_path, "masks", "f_2.png", mask(3, 255))
    return tmp_path


def read(folder: Path) -> dict[str, LabelledFrame]:
    return {frame.name: frame for frame in open_folder(folder)}


def test_frames_come_in_natural_order_with_their_pixels(folder: Path) -> None:
    labelled = open_folder(folder)
    assert labelled.title == folder.name
    assert labelled.length == 3
    frames = list(labelled)
    assert [frame.name for frame in frames] == ["f_1", "f_2", "f_10"]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 10]
    assert [frame.name for frame in labelled] == ["f_1", "f_2", "f_10"]


def test_0_and_255_are_all_hands_together_and_other_values_are_single_ones(folder: Path) -> None:
    frames = read(folder)
    semantic, instances = frames["f_1"].ground_truth, frames["f_2"].ground_truth
    assert semantic is not None
    assert instances is not None
    assert not semantic.has_instances
    assert instances.has_instances
    np.testing.assert_array_equal(instances.ids, mask(3, 255))


def test_no_mask_is_no_label_and_an_empty_one_is_no_hand(folder: Path) -> None:
    write(folder, "masks", "f_1.png", mask())
    frames = read(folder)
    assert frames["f_10"].ground_truth is None
    assert frames["f_1"].ground_truth is not None
    assert not frames["f_1"].ground_truth.mask.any()


def test_folders_are_sequences(tmp_path: Path) -> None:
    for name in ("kitchen/1.png", "hall/1.png", "2.png"):
        write(tmp_path, "images", name, np.zeros((*SHAPE, 3), np.uint8))
        write(tmp_path, "masks", name, mask(1))
    sequences = {name: frame.sequence for name, frame in read(tmp_path).items()}
    assert sequences == {"2": tmp_path.name, "hall/1": "hall", "kitchen/1": "kitchen"}


def test_frames_csv_tells_sequence_sides_tracks_and_tags(folder: Path) -> None:
    lines = ["name,sequence,sides,tracks,light,gloves", "f_2,s,3=left;255=right,3=7,dim,", "f_1"]
    (folder / "frames.csv").write_text("\n".join(lines))
    frames = read(folder)
    ground_truth = frames["f_2"].ground_truth
    assert ground_truth is not None
    assert frames["f_2"].sequence == "s"
    assert ground_truth.sides == {3: Side.LEFT, 255: Side.RIGHT}
    assert ground_truth.tracks == {3: 7}
    assert frames["f_2"].tags == {"light": "dim"}
    assert frames["f_1"].tags == {}
    assert frames["f_1"].sequence == folder.name


def test_an_id_that_the_mask_lacks_is_told(folder: Path) -> None:
    (folder / "frames.csv").write_text("name,sides\nf_2,3=left;4=right\n")
    frame = read(folder)["f_2"]
    assert frame.ground_truth is not None
    assert frame.ground_truth.sides == {3: Side.LEFT}
    assert frame.notes == ("frames.csv names an id that its mask does not have",)


def test_objects_lie_in_a_folder_of_their_own(folder: Path) -> None:
    write(folder, "objects", "f_1.png", mask(255, 255))
    ground_truth = read(folder)["f_1"].ground_truth
    assert ground_truth is not None
    assert ground_truth.objects is not None
    assert np.count_nonzero(ground_truth.objects) == 20


def test_suffixes_may_be_capital_and_files_of_other_kinds_lie_beside(folder: Path) -> None:
    (folder / "images" / "f_1.png").rename(folder / "images" / "f_1.PNG")
    (folder / "masks" / "f_1.png").rename(folder / "masks" / "f_1.PNG")
    write(folder, "masks", "f_10.TIFF", mask(7))
    write(folder, "objects", "f_2.PNG", mask(255))
    for part, name in (("masks", "f_2.txt"), ("masks", "f_2.xml"), ("objects", "f_2.txt")):
        (folder / part / name).write_text("made with a tool")
    labelled = open_folder(folder)
    frames = {frame.name: frame for frame in labelled}
    assert all(frame.ground_truth is not None for frame in frames.values())
    ground_truth = frames["f_2"].ground_truth
    assert ground_truth is not None
    assert ground_truth.objects is not None
    assert labelled.skipped == []


def test_two_masks_of_one_picture_are_refused(folder: Path) -> None:
    write(folder, "masks", "f_1.tif", mask(7))
    with pytest.raises(MediaError, match="have one name: rename one"):
        open_folder(folder)


def test_a_mask_in_a_format_that_changes_values_is_told(folder: Path) -> None:
    write(folder, "masks", "f_10.JPG", mask(255))
    labelled = open_folder(folder)
    assert [frame.name for frame in labelled] == ["f_1", "f_2"]
    (skipped,) = labelled.skipped
    assert skipped.name == "f_10"
    assert "its mask is a .JPG file: write it as a grey PNG" in skipped.reason


@pytest.mark.parametrize(
    ("part", "name", "content", "reason"),
    [
        (
            *("images", "f_1.png", b"nothing"),
            "its picture is missing, truncated, too large or no picture",
        ),
        ("masks", "f_1.png", b"nothing", "its mask is truncated, too large or no picture"),
        ("masks", "f_1.png", np.zeros((9, 8), np.uint8), "its mask has 8x9 pixels, but its"),
        ("masks", "f_1.png", np.zeros((*SHAPE, 3), np.uint8), "no grey picture of 8 bits"),
        ("masks", "f_1.png", np.zeros(SHAPE, np.uint16), "no grey picture of 8 bits"),
        ("masks", "f_7.png", np.zeros(SHAPE, np.uint8), "its mask has no picture"),
    ],
)
def test_a_bad_frame_is_skipped_with_its_reason_and_without_its_path(
    folder: Path, part: str, name: str, content: bytes | np.ndarray, reason: str
) -> None:
    if isinstance(content, bytes):
        (folder / part / name).write_bytes(content)
    else:
        write(folder, part, name, content)
    labelled = open_folder(folder)
    for _ in range(2):
        frames = list(labelled)
        assert "f_10" in [frame.name for frame in frames]
        (skipped,) = labelled.skipped
        assert isinstance(skipped, Skipped)
        assert skipped.name == name.removesuffix(".png")
        assert reason in skipped.reason
        assert str(folder) not in skipped.reason


def test_some_frames_can_be_read_alone(folder: Path) -> None:
    (folder / "images" / "f_1.png").write_bytes(b"nothing")
    assert [frame.name for frame in open_folder(folder).only({"f_10", "f_2"})] == ["f_2", "f_10"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f_1,s", ["no column 'name'"]),
        ("name,sides\nf_1,1=up", ["line 2", "'up' is no side"]),
        ("name,tracks\nf_1,1=x", ["line 2", "1=7;2=12"]),
        ("name,light\nf_1,dim\nf_1,bright", ["line 3", "'f_1' has a line already"]),
        ("name\nf_1,dim", ["line 2", "more cells than columns"]),
        ("name,light\nf_9,dim", ["'f_9'", "no picture"]),
    ],
)
def test_a_wrong_frames_csv_is_explained(folder: Path, text: str, words: list[str]) -> None:
    (folder / "frames.csv").write_text(text)
    with pytest.raises(MediaError) as raised:
        open_folder(folder)
    for word in ["frames.csv", *words]:
        assert word in str(raised.value)


def test_two_pictures_of_one_name_are_refused(folder: Path) -> None:
    write(folder, "images", "f_1.jpg", np.zeros((*SHAPE, 3), np.uint8))
    with pytest.raises(MediaError, match="have one name: rename one"):
        open_folder(folder)
