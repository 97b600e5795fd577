"""Guards that pictures and videos can be read back as they were written, at their own size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.file_limit import file_limit

from handseg_ros.media import VideoSink, VideoSource, write_picture
from handseg_ros.segmentation.errors import MediaError


def soft(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    """Return soft colours, which codecs with loss keep well."""
    corners = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), np.uint8)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3), (1, 1)])
def test_png_is_exact(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    path = tmp_path / "new folder" / "mask.png"

    write_picture(path, pixels)

    back = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert back is not None
    assert np.array_equal(back, pixels)


@pytest.mark.parametrize(("suffix", "tolerance"), [(".mp4", 6), (".avi", 6), (".mkv", 0)])
def test_video_can_be_read_back(suffix: str, tolerance: float, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / f"overlay{suffix}"
    frames = [soft(seed) for seed in range(5)]

    with VideoSink(path, 12.0) as sink:
        for frame in frames:
            sink.write(frame)

    video = VideoSource(path)
    back = [frame.image for frame in video]
    assert (video.length, video.rate) == (5, 12.0)
    assert len(back) == 5
    for wrote, read in zip(frames, back, strict=True):
        assert np.abs(wrote.astype(int) - read).mean() <= tolerance


def test_masks_in_mkv_are_exact(tmp_path: Path) -> None:
    masks = [np.random.default_rng(seed).choice([0, 255], (48, 64)) for seed in range(3)]

    with VideoSink(tmp_path / "mask.mkv", 10.0) as sink:
        for mask in masks:
            sink.write(mask.astype(np.uint8))

    back = [frame.image for frame in VideoSource(tmp_path / "mask.mkv")]
    assert all(np.array_equal(read[..., 1], mask) for read, mask in zip(back, masks, strict=True))


def test_avi_keeps_an_odd_size(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "odd.avi", 10.0) as sink:
        sink.write(soft(1, 49, 65))

    (frame,) = VideoSource(tmp_path / "odd.avi")
    assert frame.image.shape == (49, 65, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_odd_size_is_refused_rather_than_cut(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"frames of 65x49, .* even sizes only: write .avi"):
        VideoSink(tmp_path / f"odd{suffix}", 10.0).write(soft(1, 49, 65))


def test_other_size_is_refused(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "v.mp4", 10.0) as sink:
        sink.write(soft(1))
        with pytest.raises(MediaError, match=r"\(64, 48\), but one of \(64, 50\) came: write"):
            sink.write(soft(1, 50))


def test_unknown_suffixes_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"written as '.flv': use .avi, .mkv, .mp4"):
        VideoSink(tmp_path / "v.flv", 10.0)
    with pytest.raises(MediaError, match=r"written as '.xyz': use .png or .jpg"):
        write_picture(tmp_path / "p.xyz", soft(1))
    with pytest.raises(MediaError, match=r"written as '': use .png or .jpg"):
        write_picture(tmp_path / "p", soft(1))


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_rate_is_named(rate: float, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=f"cannot have {rate} frames a second"):
        VideoSink(tmp_path / "v.mp4", rate)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(MediaError, match=r"cannot be written, .*: choose a folder"):
        write_picture(tmp_path / "file" / "p.png", soft(1))
    with pytest.raises(MediaError, match=r"cannot be written, .*: choose a folder"):
        VideoSink(tmp_path / "file" / "v.mp4", 10.0).write(soft(1))


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mp4"])
@pytest.mark.parametrize("space", [0, 5_000, 20_000])
def test_a_video_that_has_no_space_is_told_and_removed(
    suffix: str, space: int, tmp_path: Path
) -> None:
    path = tmp_path / f"v{suffix}"
    path.write_bytes(b"older")
    with (
        file_limit(space),
        pytest.raises(MediaError, match=rf"v{suffix}' cannot be written, .* space"),
    ):
        _write_noise(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"older"


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mp4"])
@pytest.mark.parametrize(("count", "rate"), [(1, 15.0), (2, 29.97), (61, 23.976), (30, 1000.0)])
def test_what_has_space_is_found_to_be_whole(
    suffix: str, count: int, rate: float, tmp_path: Path
) -> None:
    with VideoSink(tmp_path / f"v{suffix}", rate) as sink:
        for _ in range(count):
            sink.write(np.zeros((48, 64), np.uint8))
    assert len(list(VideoSource(tmp_path / f"v{suffix}"))) == count


def test_an_error_on_the_way_leaves_no_half_a_video(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="of several sizes"):
        _write_noise(tmp_path / "v.mkv", last=(50, 64))
    assert not list(tmp_path.iterdir())


def test_a_picture_without_space_is_told_and_removed(tmp_path: Path) -> None:
    with file_limit(100), pytest.raises(MediaError, match=r"p\.png' cannot be written, File too"):
        write_picture(tmp_path / "p.png", soft(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["12:57.mkv", "a%03d.mp4", "-s.avi", "[1] ü.mkv"])
def test_any_name_can_be_written_and_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with VideoSink(name, 10.0) as sink:
        for seed in range(3):
            sink.write(soft(seed))
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert len(list(VideoSource(name))) == 3


def _write_noise(path: Path, last: tuple[int, int] = (48, 64)) -> None:
    """Write forty frames of noise, which no codec makes small, the last of another size."""
    noise = np.random.default_rng(0)
    with VideoSink(path, 12.0) as sink:
        for shape in [*[(48, 64)] * 39, last]:
            sink.write(noise.integers(0, 256, (*shape, 3), np.uint8))
