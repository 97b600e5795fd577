"""Guards videos as labelled sets: masks by frame number, a sequence a video, damage told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.damaged import damage, noisy_video

from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.frames import LabelledFrame, RandomAccessDataset
from handseg_ros.datasets.joined import parts_of
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.media.sinks import VideoSink, write_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

SHAPE = (48, 64)


def picture(number: int) -> np.ndarray:
    return np.full((*SHAPE, 3), 10 * number, np.uint8)


def ids(number: int) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:9, 3:20] = number
    return mask


def write_video(path: Path, frames: int) -> Path:
    """Write a video without loss, each frame of its own grey."""
    with VideoSink(path, 10.0) as sink:
        for number in range(frames):
            sink.write(picture(number))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a set of two videos, some of whose frames have masks."""
    for name in ("hall_1", "hall_2"):
        write_video(tmp_path / "set" / "videos" / f"{name}.mkv", 5)
    write_picture(tmp_path / "set" / "masks" / "hall_1" / "2.png", ids(1))
    write_picture(tmp_path / "set" / "masks" / "hall_2" / "hall_2_000004.png", ids(7))
    write_picture(tmp_path / "set" / "objects" / "hall_2" / "000004.png", ids(255))
    facts = "name,sides,light\nhall_1/000002,1=left,dim\n"
    (tmp_path / "set" / "frames.csv").write_text(facts)
    return tmp_path / "set"


def test_frames_of_videos_come_once_each_with_its_own_mask(folder: Path) -> None:
    labelled = open_dataset(folder)
    assert (labelled.title, labelled.length) == ("set", 10)
    frames = list(labelled)
    assert [frame.name for frame in frames] == [
        f"hall_{video}/{number:06d}" for video in (1, 2) for number in range(5)
    ]
    for frame in frames:
        np.testing.assert_array_equal(frame.image, picture(int(frame.name[-1])))
        assert frame.sequence == frame.name[:6]
    assert [frame.name for frame in frames if frame.ground_truth] == [
        "hall_1/000002",
        "hall_2/000004",
    ]
    first, second = (frame.ground_truth for frame in frames if frame.ground_truth)
    np.testing.assert_array_equal(first.ids, ids(1))
    np.testing.assert_array_equal(second.ids, ids(7))
    assert (first.sides, first.objects) == ({1: Side.LEFT}, None)
    assert second.objects is not None
    np.testing.assert_array_equal(second.objects, ids(1) > 0)
    assert frames[2].tags == {"light": "dim"}
    assert labelled.skipped == []


def test_some_frames_are_picked_without_all_others(folder: Path) -> None:
    labelled = open_dataset(folder)
    assert isinstance(labelled, RandomAccessDataset)
    wanted = ["hall_2/000001", "hall_1/000003"]
    assert [frame.name for frame in labelled.only(wanted)] == sorted(wanted)


def test_one_video_takes_its_masks_from_a_folder(tmp_path: Path) -> None:
    video = write_video(tmp_path / "kitchen.mkv", 4)
    write_picture(tmp_path / "labels" / "kitchen_000003.png", ids(255))
    labelled = open_dataset(video, BagOptions(masks=tmp_path / "labels"))
    assert labelled.title == "kitchen.mkv"
    frames = list(labelled)
    assert [frame.name for frame in frames] == [f"kitchen/{number:06d}" for number in range(4)]
    assert [frame.ground_truth is not None for frame in frames] == [False, False, False, True]
    assert frames[3].ground_truth is not None
    assert not frames[3].ground_truth.has_instances


def test_capital_suffixes_count_and_text_files_beside_masks_do_not(folder: Path) -> None:
    (folder / "videos" / "hall_1.mkv").rename(folder / "videos" / "hall_1.MKV")
    (folder / "masks" / "hall_1" / "2.png").rename(folder / "masks" / "hall_1" / "2.PNG")
    (folder / "masks" / "hall_1" / "2.txt").write_text("made with a tool")
    write_picture(folder / "masks" / "hall_1" / "000003.jpg", ids(1))
    labelled = open_dataset(folder)
    truths = [frame.name for frame in labelled if frame.ground_truth]
    assert truths == ["hall_1/000002", "hall_2/000004"]
    (skipped,) = labelled.skipped
    assert (skipped.name, "a .jpg file" in skipped.reason) == ("hall_1/000003", True)
    labelled = open_dataset(
        folder / "videos" / "hall_1.MKV", BagOptions(masks=folder / "masks" / "hall_1")
    )
    assert [frame.name for frame in labelled if frame.ground_truth] == ["hall_1/000002"]


def test_what_cannot_be_used_is_told_without_a_path(folder: Path) -> None:
    (folder / "videos" / "a_broken.mp4").write_bytes(b"nothing")
    write_picture(folder / "masks" / "hall_1" / "9.png", ids(1))
    write_picture(folder / "masks" / "hall_1" / "cover.png", ids(1))
    write_picture(folder / "masks" / "hall_1" / "3.png", np.zeros((9, 9), np.uint8))
    labelled = open_dataset(folder)
    names = [frame.name for frame in labelled]
    assert len(names) == 9
    told = {item.name: item.reason for item in labelled.skipped}
    assert set(told) == {"a_broken", "hall_1/000003", "hall_1/000009", "hall_1/cover"}
    assert "damaged" in told["a_broken"]
    assert "9x9" in told["hall_1/000003"]
    assert "no frame in a video" in told["hall_1/000009"]
    assert not any(str(folder) in reason for reason in told.values())


def test_each_video_can_be_read_by_itself(folder: Path) -> None:
    """As workers do: all parts together have what the set has, in its order."""
    (folder / "videos" / "hall_3.mp4").write_bytes(b"nothing")
    for name in ("hall_1/000009", "cellar/000001", "hall_3/000001", "hall_2/cover"):
        write_picture(folder / "masks" / f"{name}.png", ids(1))
    whole = open_dataset(folder)
    expected = [frame.name for frame in whole]
    frames, skipped = [], []
    parts = list(parts_of(whole))
    assert len(parts) == 4
    for part in parts:
        own = part.of(open_dataset(folder))
        frames += [frame.name for frame in own]
        skipped += own.skipped
    assert frames == expected
    assert skipped == whole.skipped
    assert [item.name for item in skipped] == [
        "hall_1/000009", "hall_2/cover", "hall_3", "hall_3/000001", "cellar/000001",
    ]  # fmt: skip


def test_what_makes_no_set_is_explained(folder: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "kitchen.mkv", 2)
    with pytest.raises(MediaError, match=r"has no labels: .* with --masks FOLDER"):
        open_dataset(video)
    with pytest.raises(MediaError, match="nowhere' does not exist: check --masks"):
        open_dataset(video, BagOptions(masks=tmp_path / "nowhere"))
    write_picture(folder / "masks" / "hall_1" / "000002.png", ids(1))
    with pytest.raises(MediaError, match="are masks of one frame: delete one"):
        open_dataset(folder)
    (folder / "masks" / "hall_1" / "000002.png").unlink()
    write_video(folder / "videos" / "hall_1.avi", 1)
    with pytest.raises(MediaError, match="two videos named 'hall_1'"):
        open_dataset(folder)
    for file in (folder / "videos").iterdir():
        file.unlink()
    with pytest.raises(MediaError, match="has no videos"):
        open_dataset(folder)


def test_a_video_can_be_read_again(folder: Path) -> None:
    labelled = open_dataset(folder)

    def read() -> list[LabelledFrame]:
        return list(labelled)

    assert [frame.name for frame in read()] == [frame.name for frame in read()]


def test_masks_after_a_damaged_frame_are_of_their_own_frames(tmp_path: Path) -> None:
    video = noisy_video(tmp_path / "hall.mp4", 60)
    for number in (0, 59):
        write_picture(tmp_path / "masks" / f"{number}.png", ids(1))
    damage(video)
    labelled = open_dataset(video, BagOptions(masks=tmp_path / "masks"))
    frames = list(labelled)
    lost = 60 - len(frames)
    assert lost > 5
    assert [frame.name for frame in frames if frame.ground_truth] == ["hall/000000", "hall/000059"]
    told = [(item.name, item.reason) for item in labelled.skipped]
    assert told == [("hall", f"{lost} of its frames cannot be decoded")]
