"""Guards that pictures and videos can be read back as they were written, at their own size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.media import Video, VideoSink, write_picture
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

    video = Video(path)
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

    back = [frame.image for frame in Video(tmp_path / "mask.mkv")]
    assert all(np.array_equal(read[..., 1], mask) for read, mask in zip(back, masks, strict=True))


def test_avi_keeps_an_odd_size(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "odd.avi", 10.0) as sink:
        sink.write(soft(1, 49, 65))

    (frame,) = Video(tmp_path / "odd.avi")
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
