"""Guards that pictures, folders, globs, videos and cameras give the right frames in order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.damaged import damage, noisy_video
from support.matroska import write_matroska

from handseg_ros.media import (
    CameraSource,
    PictureSource,
    VideoSink,
    VideoSource,
    open_source,
    write_picture,
)
from handseg_ros.media.camera_options import CameraOptions
from handseg_ros.segmentation.errors import HandsegError, ImageError, MediaError


def grey_level(level: int, height: int = 24, width: int = 32) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Return a video of 12 frames at 8 a second that get brighter by 20."""
    path = tmp_path / "clip.mkv"
    with VideoSink(path, 8.0) as sink:
        for level in range(0, 240, 20):
            sink.write(grey_level(level))
    return path


def test_picture(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    write_picture(tmp_path / "hand.png", pixels)
    before = time.time()

    source = open_source(str(tmp_path / "hand.png"))
    frames = list(source)

    assert (source.length, source.rate, source.live) == (1, None, False)
    assert [(frame.index, frame.name, frame.position) for frame in frames] == [(0, "hand", None)]
    assert np.array_equal(frames[0].image, pixels)
    assert before <= frames[0].time <= time.time()


def test_folder_in_natural_order_without_other_files(tmp_path: Path) -> None:
    for number in (10, 9, 1, 100):
        write_picture(tmp_path / f"frame_{number}.png", grey_level(number))
    (tmp_path / "notes.txt").write_text("no picture")

    frames = list(open_source(str(tmp_path)))

    assert [frame.image[0, 0, 0] for frame in frames] == [1, 9, 10, 100]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert frames[2].name == "frame_10"


def test_glob(tmp_path: Path) -> None:
    for name in ("a_2.png", "a_10.png", "b_1.png"):
        write_picture(tmp_path / name, grey_level(5))

    source = open_source(f"{tmp_path}/a_*")

    assert source.length == 2
    assert [frame.name for frame in source] == ["a_2", "a_10"]


def test_iterating_again_starts_again(video: Path, tmp_path: Path) -> None:
    source = open_source(str(video))

    first = [frame.image[0, 0, 0] for frame in source]
    second = [frame.image[0, 0, 0] for frame in source]

    assert first == second == list(range(0, 240, 20))


def test_video_tells_length_rate_and_positions(video: Path) -> None:
    source = open_source(str(video))
    frames = list(source)

    assert (source.length, source.rate, source.live) == (12, 8.0, False)
    assert [frame.name for frame in frames[:2]] == ["clip_000000", "clip_000001"]
    positions = [frame.position for frame in frames]
    assert positions == pytest.approx([index / 8 for index in range(12)], abs=2e-3)


@pytest.mark.skipif(not hasattr(cv2, "Animation"), reason="this OpenCV cannot write a GIF to read")
def test_animated_gif(tmp_path: Path) -> None:
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(grey_level(v), cv2.COLOR_BGR2BGRA) for v in (0, 85, 255)]
    animation.durations = [100, 100, 100]
    path = tmp_path / "wave.gif"
    assert cv2.imwriteanimation(str(path), animation)

    source = open_source(str(path))
    frames = list(source)

    assert isinstance(source, VideoSource)
    assert [frame.image.shape for frame in frames] == [(24, 32, 3)] * 3
    assert [int(frame.image[0, 0, 0]) for frame in frames] == pytest.approx([0, 85, 255], abs=8)


def test_grey_deep_and_transparent_pictures_are_bgr(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    grey = colour[..., 0].copy()
    kinds = {
        "grey": (grey, np.stack([grey] * 3, axis=-1)),
        "deep": (colour.astype(np.uint16) * 257, colour),
        "deep_grey": (grey.astype(np.uint16) * 257, np.stack([grey] * 3, axis=-1)),
        "transparent": (np.dstack([colour, grey]), colour),
    }
    for name, (pixels, expected) in kinds.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
        (frame,) = open_source(str(tmp_path / f"{name}.png"))
        assert frame.image.dtype == np.uint8
        assert np.array_equal(frame.image, expected), name


def test_orientation_tag_is_applied(tmp_path: Path) -> None:
    pixels = grey_level(20)
    pixels[:, :16] = 220
    jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
    # tag 0x0112, one SHORT of value 6: to be turned by 90 degrees clockwise (EXIF 2.3, 4.6.4)
    tag = b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
    body = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + tag + bytes(4)
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    (tmp_path / "phone.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])

    (frame,) = open_source(str(tmp_path / "phone.jpg"))

    assert frame.image.shape == (32, 24, 3)
    assert frame.image[4, 12, 0] > 200 > 60 > frame.image[28, 12, 0]


def test_numbers_and_devices_are_cameras() -> None:
    for spec in (0, "0", "/dev/video3"):
        source = open_source(spec)
        assert isinstance(source, CameraSource)
        assert (source.length, source.live) == (None, True)


def test_a_folder_that_is_called_as_a_number_is_told_from_a_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "2024").mkdir()
    (tmp_path / "a.png").rename(tmp_path / "2024" / "a.png")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MediaError, match=r"no camera 2024, .*: give '\./2024' for the file or"):
        open_source("2024")
    assert len(list(open_source("./2024"))) == 1
    # without such a path it is a camera, which is told when it is opened
    assert isinstance(open_source("2025"), CameraSource)


def test_camera_that_stops(video: Path) -> None:
    # a file stands in for the device: it delivers, and then does no longer, as one unplugged
    with pytest.raises(MediaError, match=r"clip.mkv' stopped after 12 frames: check its plug"):
        list(CameraSource(str(video)))


def test_camera_delivers_frames_until_then(video: Path) -> None:
    frames = iter(CameraSource(str(video)))

    first, second = next(frames), next(frames)

    assert (first.index, second.index) == (0, 1)
    assert (first.name, first.position) == ("camera_clip_000000", None)
    assert first.time <= second.time


def test_what_a_camera_does_not_take_is_told_once(video: Path) -> None:
    options = CameraOptions(width=1280, height=720, exposure=120.0)
    camera = CameraSource(str(video), options)
    for _ in range(2):
        assert next(iter(camera)).image.shape == (24, 32, 3)
    (sentence,) = camera.remarks
    assert "does not take format MJPG, width 1280, height 720, exposure 120 and" in sentence
    assert "v4l2-ctl --list-formats-ext" in sentence


def test_nothing_is_asked_of_a_camera_unless_it_was_wanted(video: Path) -> None:
    camera = CameraSource(str(video))
    next(iter(camera))
    assert camera.remarks == []


def test_a_width_alone_is_asked_for_with_the_camera_s_height(video: Path) -> None:
    camera = CameraSource(str(video), CameraOptions(width=1280))
    next(iter(camera))
    assert "does not take format MJPG, width 1280 and" in camera.remarks[0]


def test_large_frames_are_asked_for_compressed() -> None:
    assert CameraOptions(width=1280).code == "MJPG"
    assert CameraOptions(640, 480).code == ""
    assert CameraOptions(1280, 720).code == "MJPG"
    assert CameraOptions(1280, 720, "yuyv").code == "YUYV"
    assert CameraOptions(pixel_format="y16").code == "Y16 "


def truncated_png() -> bytes:
    return cv2.imencode(".png", grey_level(7))[1].tobytes()[:-5]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.png", None, ["gone.png", "does not exist", "give a picture"]),
        ("none_*.png", None, ["none_*.png", "matches no pictures", ".png"]),
        ("cut.png", truncated_png(), ["cut.png", "truncated", "copy the file again"]),
        ("empty.jpg", b"", ["empty.jpg", "is empty", "check"]),
        ("text.png", b"this is no picture", ["text.png", "cannot be decoded", "use JPEG or PNG"]),
        ("text.mp4", b"this is no video" * 99, ["text.mp4", "cannot be opened", "convert it"]),
        ("empty.mp4", b"", ["empty.mp4", "cannot be opened", "convert it"]),
    ],
)
def test_what_cannot_be_read_is_named(
    name: str, content: bytes | None, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(HandsegError) as caught:
        list(open_source(str(path)))

    for word in words:
        assert word in str(caught.value)


def test_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"has no pictures in it: it needs files ending in .*png"):
        open_source(str(tmp_path))


def test_no_source_at_all() -> None:
    with pytest.raises(MediaError, match="'' does not exist"):
        open_source("")


def test_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(MediaError, match="camera '/dev/video98' cannot be opened: check that"):
        next(iter(open_source("/dev/video98")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_picture_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    write_picture(path, grey_level(1))
    path.chmod(0)

    with pytest.raises(MediaError, match="Permission denied: check its name and permissions"):
        list(PictureSource([path]))


def test_picture_that_vanished_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="No such file or directory: check its name"):
        list(PictureSource([tmp_path / "gone.png"]))


HEIC = b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(400)


@pytest.mark.parametrize("name", ["2026-01-26T20:57:04.mkv", "a%03d.mkv", "-v.mkv", "[1] ü.mkv"])
def test_any_name_of_a_video_can_be_read(
    name: str, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    video.rename(tmp_path / name)
    assert len(list(open_source(name))) == 12


def test_a_number_in_a_name_is_no_sequence_of_pictures(tmp_path: Path) -> None:
    for number in range(3):
        write_picture(tmp_path / f"p{number}.png", grey_level(number))
        (tmp_path / f"p{number}.png").rename(tmp_path / f"p{number}.mpg")
    # by its content it is the picture that it is
    (frame,) = open_source(str(tmp_path / "p0.mpg"))
    assert frame.name == "p0"
    (tmp_path / "p0.mpg").write_bytes(b"no video" * 99)
    with pytest.raises(MediaError, match=r"p0\.mpg' cannot be opened, it is damaged or no video"):
        open_source(str(tmp_path / "p0.mpg"))


@pytest.mark.parametrize("name", ["photo.jfif", "photo.JPE", "photo", "photo.data"])
def test_a_picture_is_known_by_its_suffix_or_its_content(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(cv2.imencode(".jpg", grey_level(90))[1].tobytes())
    source = open_source(str(tmp_path / name))
    assert isinstance(source, PictureSource)
    assert [frame.image.shape for frame in source] == [(24, 32, 3)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.heic", HEIC, "is a HEIC picture: save it as JPEG or PNG"),
        ("a.jpg", HEIC, "is a HEIC picture: save it as JPEG or PNG"),
        ("a.avif", HEIC.replace(b"heic", b"avif"), "is an AVIF picture: save it"),
        ("a.mp4", b"\xff\x0a" + bytes(99), "is a JPEG XL picture: save it"),
        ("a.psd", b"8BPS" + bytes(99), "is a Photoshop picture: save it"),
        ("a.png", b"%PDF-1.7" + bytes(99), "is a PDF document: save it"),
        ("._a.jpg", b"\0\x05\x16\x07" + bytes(99), "(AppleDouble): delete it"),
        ("b.jpg", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("c.jpg", b"\n<!DOCTYPE html><html>", "is a web page: download"),
        ("d.svg", b"<?xml version='1.0'?>\n<svg xmlns='...'>", "is an SVG drawing: save it"),
    ],
)
def test_what_is_no_picture_here_is_told_as_what_it_is(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HandsegError) as caught:
        list(open_source(str(tmp_path / name)))
    assert name in str(caught.value)
    assert words in str(caught.value)


def test_what_a_folder_leaves_out_is_told(tmp_path: Path) -> None:
    write_picture(tmp_path / "IMG_1.JPG", grey_level(1))
    (tmp_path / "IMG_2.HEIC").write_bytes(HEIC)
    (tmp_path / "raw.NEF").write_bytes(b"?")
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "clip.mp4").write_bytes(b"?")
    (tmp_path / "notes.txt").write_text("no picture, and not meant as one")
    source = open_source(str(tmp_path))
    assert [frame.name for frame in source] == ["IMG_1"]
    told = [sentence.replace(f"{tmp_path}/", "") for sentence in source.left_out]
    assert told == [
        "'IMG_2.HEIC' is a HEIC picture: save it as JPEG or PNG",
        "'clip.mp4' is a video, whose frames are no pictures: give it by itself",
        "'folder.jpg' is no file",
        "'pipe.png' is no file",
        "'raw.NEF' is of a kind that is not read: save it as JPEG or PNG",
    ]


@pytest.mark.parametrize("suffix", [".tiff", ".png", ".webp"])
def test_a_file_of_several_pictures_says_that_one_is_answered(suffix: str, tmp_path: Path) -> None:
    pages = [np.full((20, 30, 3), 60 * page, np.uint8) for page in range(3)]
    frames = [Image.fromarray(page) for page in pages]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / f"b{suffix}")
    source = open_source(str(tmp_path))
    assert len(list(source)) == 2
    (remark,) = source.remarks
    assert f"a{suffix}' has several pictures in it, and only the first is answered" in remark
    alone = open_source(str(tmp_path / f"b{suffix}"))
    assert len(list(alone)) == 1
    assert not alone.remarks


def test_a_folder_of_nothing_else_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "IMG_2.HEIC").write_bytes(HEIC)
    with pytest.raises(MediaError, match=r"no pictures in it: .*IMG_2\.HEIC' is a HEIC picture"):
        open_source(str(tmp_path))


@pytest.mark.parametrize("folder", ["in[1]", "what?", "a*b"])
def test_a_glob_may_lie_in_a_folder_with_a_name_like_one(folder: str, tmp_path: Path) -> None:
    for name in (folder, "in1", "whats", "axb"):
        write_picture(tmp_path / name / "a.png", grey_level(1))
    source = open_source(str(tmp_path / folder / "*.png"))
    assert isinstance(source, PictureSource)
    assert source.paths == (tmp_path / folder / "a.png",)


def test_a_dangling_link_is_told_and_the_next_picture_comes(tmp_path: Path) -> None:
    for name in ("a", "c"):
        write_picture(tmp_path / f"{name}.png", grey_level(1))
    (tmp_path / "b.png").symlink_to("gone.png")
    frames = iter(open_source(str(tmp_path)))
    assert next(frames).name == "a"
    with pytest.raises(ImageError, match=r"b\.png' cannot be read, No such file"):
        next(frames)
    assert next(frames).name == "c"
    with pytest.raises(MediaError, match=r"is a link to 'gone\.png', which is gone"):
        open_source(str(tmp_path / "b.png"))


def test_after_a_damaged_frame_a_video_goes_on_with_the_right_number(tmp_path: Path) -> None:
    path = noisy_video(tmp_path / "v.mp4", 60)
    whole = VideoSource(path)
    assert [frame.index for frame in whole] == list(range(60))
    assert whole.lost == ""

    damage(path)
    damaged = VideoSource(path)
    indices = [frame.index for frame in damaged]
    assert 40 < len(indices) < 55
    assert indices[-1] == 59
    lost = 60 - len(indices)
    assert f"is damaged, {lost} of its frames cannot be decoded: copy it again" in damaged.lost


@pytest.mark.parametrize("suffix", [".avi", ".mkv"])
def test_a_truncated_video_is_told(suffix: str, tmp_path: Path) -> None:
    path = noisy_video(tmp_path / f"v{suffix}", 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    video = VideoSource(path)
    count = len(list(video))
    assert 25 < count < 35
    assert f"ends after {count} of the 60 frames that it claims to have" in video.lost


def _uneven(name: str) -> list[int]:
    """Return when frames come, in milliseconds."""
    jittery = [int(time) for time in np.cumsum(np.random.default_rng(0).integers(28, 40, 300))]
    darkening = [*range(0, 3000, 33), *range(3000, 13000, 200)]
    return {"jittery": jittery, "darkening": darkening}[name]


@pytest.mark.parametrize("name", ["jittery", "darkening"])
def test_a_video_whose_frames_come_unevenly_is_whole_and_says_when_they_come(
    name: str, tmp_path: Path
) -> None:
    times = _uneven(name)
    write_matroska(tmp_path / "v.mkv", times, times[-1] + 200)
    video = VideoSource(tmp_path / "v.mkv")
    frames = list(video)
    assert [round(1e3 * (frame.position or 0.0)) for frame in frames] == [
        time - times[0] for time in times
    ]
    assert (video.lost, video.missing) == ("", 0)
    assert video.rate == pytest.approx(30, rel=0.1)


@pytest.mark.parametrize("name", ["jittery", "darkening"])
def test_one_that_is_truncated_is_told_all_the_same(name: str, tmp_path: Path) -> None:
    times = _uneven(name)
    write_matroska(tmp_path / "v.mkv", times[: len(times) * 2 // 3], times[-1] + 200)
    video = VideoSource(tmp_path / "v.mkv")
    count = len(list(video))
    assert f"ends after {count} of the {video.length} frames" in video.lost
    assert video.missing > 0


def test_a_camera_for_slow_motion_keeps_its_rate(tmp_path: Path) -> None:
    write_matroska(tmp_path / "v.mkv", [4 * number for number in range(100)], 400)
    video = VideoSource(tmp_path / "v.mkv")
    assert video.rate == pytest.approx(250, rel=0.02)
    assert len(list(video)) == 100
    assert video.lost == ""
