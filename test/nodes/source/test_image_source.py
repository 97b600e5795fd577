"""Guards that the real image source publishes every frame, rightly stamped, and ends well."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from support.processes import RunningProcess, running_process
from support.viewer import Viewer, a_viewer, seconds_of

from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.image_messages.depth import depth_of
from handseg_ros.media import VideoSink, write_picture

MODULE = "handseg_ros.nodes.image_source_node"
LENGTH = 12
RATE = 20.0


def start_source(*given: str, remap: str = "") -> AbstractContextManager[RunningProcess]:
    """Start the node with parameters, each given as name:=value."""
    arguments = [word for parameter in given for word in ("-p", parameter)]
    arguments += ["--remap", remap] if remap else []
    return running_process([sys.executable, "-m", MODULE, "--ros-args", *arguments])


def level(index: int) -> int:
    return 10 + 20 * index


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a video without loss whose frames tell their index by their brightness."""
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    with VideoSink(path, RATE) as sink:
        for index in range(LENGTH):
            sink.write(np.full((48, 64, 3), level(index), np.uint8))
    return path


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    with a_viewer() as made:
        yield made


def test_every_frame_of_a_clip_with_its_camera_info(clip: Path, viewer: Viewer) -> None:
    viewer.watch()
    before = time.time()

    with start_source(f"source:={clip}", "wait_for_subscribers:=1", "frame_id:=eye") as source:
        assert viewer.wait_for(lambda: len(viewer.images) >= LENGTH), source.output()
        assert source.wait() == 0
        assert f"ended after {LENGTH} frames" in source.output()

    assert [to_bgr(image)[5, 5].tolist() for image in viewer.images] == [
        [level(index)] * 3 for index in range(LENGTH)
    ]
    assert [image.header for image in viewer.images] == [info.header for info in viewer.infos]
    assert {image.header.frame_id for image in viewer.images} == {"eye"}
    assert all((info.height, info.width, info.k[0]) == (48, 64, 0) for info in viewer.infos)
    stamps = [seconds_of(image.header.stamp) for image in viewer.images]
    assert before < stamps[0] < stamps[-1] < time.time()
    # a frame never comes early, and on a busy machine it may be late
    assert 0.8 / RATE < np.median(np.diff(stamps)) < 3 / RATE


def test_compressed_under_another_name(clip: Path, viewer: Viewer) -> None:
    viewer.watch("/front/compressed", CompressedImage)
    arguments = [f"source:={clip}", "image_transport:=compressed", "wait_for_subscribers:=1"]

    with start_source(*arguments, remap="image:=/front") as source:
        assert viewer.wait_for(lambda: len(viewer.images) >= LENGTH), source.output()

    levels = [int(decode_compressed(image)[5, 5, 0]) for image in viewer.images]
    assert levels == pytest.approx([level(index) for index in range(LENGTH)], abs=2)
    assert viewer.images[0].format == "bgr8; jpeg compressed bgr8"


def test_calibration_is_published(clip: Path, viewer: Viewer, tmp_path: Path) -> None:
    viewer.watch()
    calibration = tmp_path / "camera.yaml"
    calibration.write_text(CALIBRATION.format(width=64))

    with start_source(
        f"source:={clip}", f"camera_info_url:=file://{calibration}", "wait_for_subscribers:=1"
    ) as source:
        assert viewer.wait_for(lambda: viewer.infos), source.output()

    info = viewer.infos[0]
    assert (info.width, info.height, info.distortion_model) == (64, 48, "plumb_bob")
    assert info.k.tolist() == [60, 0, 32, 0, 61, 24, 0, 0, 1]
    assert list(info.d) == [0.1, -0.2, 0, 0, 0]
    assert info.p.tolist() == [60, 0, 32, 0, 0, 61, 24, 0, 0, 0, 1, 0]


def test_calibration_of_another_size_is_not_published(
    clip: Path, viewer: Viewer, tmp_path: Path
) -> None:
    viewer.watch()
    (tmp_path / "camera.yaml").write_text(CALIBRATION.format(width=640))

    with start_source(
        f"source:={clip}", f"camera_info_url:={tmp_path}/camera.yaml", "wait_for_subscribers:=1"
    ) as source:
        assert viewer.wait_for(lambda: viewer.infos), source.output()
        text = source.wait_for_output("calibrate at that size")

    assert "640x48 pixels, but the images have 64x48" in text
    assert (viewer.infos[0].width, viewer.infos[0].k[0]) == (64, 0)


CALIBRATION = """
image_width: {width}
image_height: 48
camera_name: test
camera_matrix: {{rows: 3, cols: 3, data: [60, 0, 32, 0, 61, 24, 0, 0, 1]}}
distortion_model: plumb_bob
distortion_coefficients: {{rows: 1, cols: 5, data: [0.1, -0.2, 0, 0, 0]}}
"""


def test_depth_goes_out_with_the_picture_s_stamp(viewer: Viewer, tmp_path: Path) -> None:
    depths = {name: np.full((48, 64), 1000 * int(name), np.uint16) for name in ("1", "3")}
    for name in ("1", "2", "3"):
        write_picture(tmp_path / f"{name}.png", np.full((48, 64, 3), level(int(name)), np.uint8))
    (tmp_path / "depth").mkdir()
    for name, depth in depths.items():
        cv2.imwrite(str(tmp_path / "depth" / f"{name}.png"), depth)
    viewer.watch()
    viewer.watch_depth()

    with start_source(
        f"source:={tmp_path}", f"depth:={tmp_path}/depth", "wait_for_subscribers:=1", "loop:=true"
    ) as source:
        # depth goes out first, so an image that comes after it has come with it
        assert viewer.wait_for(lambda: len(viewer.depths) >= 5), source.output()
        output = source.output()

    by_stamp = {seconds_of(image.header.stamp): image for image in viewer.images}
    for message in viewer.depths[2:4]:
        image = by_stamp[seconds_of(message.header.stamp)]
        assert message.header == image.header
        name = {level(int(name)): name for name in depths}[int(to_bgr(image)[0, 0, 0])]
        np.testing.assert_array_equal(depth_of(message).picture, depths[name])
    assert "2.png' cannot be read, No such file or directory" in output
    assert "the image goes out without depth" in output


@pytest.mark.alone
def test_rate_changes_while_it_runs(clip: Path, viewer: Viewer) -> None:
    viewer.watch()

    with start_source(f"source:={clip}", "loop:=true", "rate:=5") as source:
        assert viewer.wait_for(lambda: viewer.images), source.output()
        assert viewer.set_parameter("rate", 50).successful
        assert viewer.wait_for(lambda: len(viewer.images) > 3 * LENGTH), source.output()

        refused = viewer.set_parameter("rate", "fast")
        assert not refused.successful
        assert refused.reason == (
            "parameter rate cannot be 'fast': it takes a number from 0 to 1000 (hertz)"
        )
        assert not viewer.set_parameter("source", "elsewhere").successful
        assert viewer.describe_parameter("source").read_only
        assert "Frames a second" in viewer.describe_parameter("rate").description

    last = [seconds_of(image.header.stamp) for image in viewer.images[-10:]]
    # well apart from the 0.2 s that it began with, even on a busy machine
    assert 0.015 < np.median(np.diff(last)) < 0.1


def time_to_end(number: signal.Signals, clip: Path, viewer: Viewer) -> float:
    """Return the seconds from a signal to the end of a source that runs, which must be clean."""
    with start_source(f"source:={clip}", "loop:=true") as source:
        # the last images of the one before may still be on their way
        source.wait_for_output("publishing")
        seen = len(viewer.images)
        assert viewer.wait_for(lambda: len(viewer.images) > seen), source.output()
        began = time.monotonic()
        code = source.stop(number)
        took = time.monotonic() - began
        output = source.output()
    assert code == 0, output
    assert "Traceback" not in output
    return took


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_within_a_second(number: signal.Signals, clip: Path, viewer: Viewer) -> None:
    viewer.watch()

    # what else the machine does can hold up one attempt, but not three
    assert any(time_to_end(number, clip, viewer) < 1.0 for _ in range(3))


def test_bad_picture_among_good_ones_is_skipped(viewer: Viewer, tmp_path: Path) -> None:
    viewer.watch()
    for index in (1, 3):
        write_picture(tmp_path / f"{index}.png", np.full((48, 64, 3), level(index), np.uint8))
    (tmp_path / "2.png").write_bytes((tmp_path / "1.png").read_bytes()[:-20])
    (tmp_path / "2b.png").symlink_to("gone.png")
    (tmp_path / "IMG_4.HEIC").write_bytes(b"\0\0\0\x24ftypheic" + bytes(99))

    with start_source(f"source:={tmp_path}", "wait_for_subscribers:=1") as source:
        assert viewer.wait_for(lambda: len(viewer.images) >= 2), source.output()
        assert source.wait() == 0
        output = source.output()

    assert [int(to_bgr(image)[0, 0, 0]) for image in viewer.images] == [level(1), level(3)]
    assert "2.png' is truncated" in output
    assert "the picture is skipped" in output
    assert "left out: " in output
    assert "IMG_4.HEIC' is a HEIC picture: save it as JPEG or PNG" in output
    assert "ended after 2 frames, 2 skipped" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["source:=/nowhere/clip.mp4"], ["'/nowhere/clip.mp4' does not exist", "give a picture"]),
        (
            ["source:=/dev/video98", "wait_for_subscribers:=1"],
            ["the camera '/dev/video98' does not exist: check that it is plugged in"],
        ),
        (["source:=98"], ["camera '98' cannot be opened", "check that it is plugged in"]),
        (["camera_info_url:=/nowhere/c.yaml"], ["'/nowhere/c.yaml' cannot be read", "correct"]),
        (["depth:=/nowhere"], ["'/nowhere' has no depth in it", "give a folder"]),
        (["image_transport:=theora"], ["image_transport cannot be 'theora'", "raw or compressed"]),
        (["rate:=-1.0"], ["rate cannot be -1.0", "from 0 to 1000 (hertz)"]),
        (["loop:=5"], ["loop cannot be 5", "true or false"]),
        (["rate:="], ["the ROS arguments cannot be used", "rate:="]),
    ],
)
def test_what_cannot_work_ends_with_a_message(arguments: list[str], words: list[str]) -> None:
    with start_source(*arguments) as source:
        code = source.wait()
        output = source.output()

    assert code == 1
    assert "Traceback" not in output
    for word in words:
        assert word in output


def test_all_pictures_bad_ends_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "only.png").write_bytes(b"no picture")

    with start_source(f"source:={tmp_path}", "loop:=true") as source:
        assert source.wait() == 1
        assert "has no picture that can be read: check the files" in source.output()
