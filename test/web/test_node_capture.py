"""Guards capture beside a running node: its camera's images are stored, its own masks press."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from playwright.sync_api import expect
from sensor_msgs.msg import CompressedImage
from support.assets import CLIP, PICTURE
from support.browser import a_browser, a_page, wants_chromium
from support.capture_page import QUICK, capture_of, files_in, looking, press
from support.held_hand import hand_over, wall, write_clip
from support.node import start_node
from support.processes import PATIENCE, running_process
from support.robot import NODE, a_robot
from support.service import Service, a_service

from handseg_ros.capture.buttons import Action
from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions
from handseg_ros.media.pictures import read_picture
from handseg_ros.web.live.capture import CaptureControl
from handseg_ros.web.ros.node_capture import NodeCapture
from handseg_ros.web.ros.stamped_parts import KEPT_STAMPS, StampedParts

CAMERA = [sys.executable, "-m", "handseg_ros.nodes.image_source_node", "--ros-args"]
SERVICE = ("--model", "hands_fast", "--node", NODE)


@contextmanager
def a_node_with_capture(
    clip: Path,
    out: Path,
    camera: Sequence[str] = (),
    node: Sequence[str] = (),
    timers: Sequence[str] = QUICK,
) -> Iterator[Service]:
    """Start a camera that plays a clip again and again, the node, and the page beside it."""
    played = ["-p", f"source:={clip}", "-p", "loop:=true", *camera]
    with (
        running_process([*CAMERA, *played]),
        start_node(*node),
        a_service(*SERVICE, "--capture", str(out), *timers) as running,
    ):
        yield running


def test_a_held_hand_presses_by_the_node_s_masks(tmp_path: Path) -> None:
    """Bkg, then Sav, as in the clip; what is stored is the camera's image to the pixel."""
    parts = [(None, 1.0), (Action.BACKGROUND, 1.8), (None, 3.0), (Action.SAVE, 2.4)]
    clip, out = write_clip(tmp_path / "clip.mkv", parts), tmp_path / "sets"
    timers = ("-b", "1.2", "-s", "0.2", "--background-frames", "3")
    with a_node_with_capture(clip, out, timers=timers) as running:
        looking(running, lambda: "set0/0.png" in files_in(out))
    np.testing.assert_array_equal(cv2.imread(str(out / "set0" / "bkg.png")), wall())
    np.testing.assert_array_equal(cv2.imread(str(out / "set0" / "0.png")), hand_over(Action.SAVE))


@wants_chromium
def test_the_page_s_buttons_store_what_a_compressed_camera_gives(tmp_path: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mkv", [(None, 2.0)]), tmp_path / "sets"
    transport = ["-p", "image_transport:=compressed"]
    node = ["image_transport:=compressed", "model:=hands_fast", "overlay_mode:=contour"]
    with (
        a_node_with_capture(clip, out, transport, node) as running,
        a_browser() as browser,
        a_page(browser, running.url) as page,
    ):
        message = page.locator("#capture-message")
        expect(message).to_contain_text("Bkg first", timeout=1e3 * PATIENCE)
        page.get_by_role("button", name="Store the background").click()
        expect(message).to_contain_text("set0/bkg.png is stored", timeout=1e3 * PATIENCE)
        page.get_by_role("button", name="Store a frame").click()
        expect(message).to_contain_text("set0/0.png is stored", timeout=1e3 * PATIENCE)
        expect(page.locator("#live-picture")).to_be_visible()
    assert files_in(out) == ["set0/0.png", "set0/bkg.png"]
    stored = cv2.imread(str(out / "set0" / "0.png"))
    assert stored is not None
    assert cv2.absdiff(stored, wall()).max() < 12  # JPEG's loss, and no button


def has_available(service: Service, camera: str, actions: list[str]) -> bool:
    """Return whether these buttons of a camera do something now."""
    return capture_of(service, camera).get("available") == actions


def test_each_of_several_cameras_has_a_session_of_its_own(tmp_path: Path) -> None:
    out, given = tmp_path / "sets", ("cameras:=left, right", f"source:={CLIP}, {PICTURE}")
    parameters = [word for each in (*given, "loop:=true", "rate:=10.0") for word in ("-p", each)]
    command = [sys.executable, "-m", "handseg_ros.nodes.hand_camera_node", "--ros-args"]
    node = ("--model", "hands_fast", "--node", "/hand_camera")
    with (
        running_process([*command, *parameters, "-p", "model:=hands_fast"]),
        a_service(*node, "--capture", str(out), *QUICK) as running,
    ):
        for number, camera in enumerate(("right", "left")):
            fresh = partial(has_available, running, camera, ["Bkg", "Ext"])
            looking(running, fresh, camera)
            assert press(running, "Bkg", camera) == 200
            looking(running, (out / f"set{number}" / "bkg.png").is_file, camera)
        assert press(running, "Bkg", "middle") == 404
    pictures = [read_picture(out / name / "bkg.png") for name in ("set0", "set1")]
    assert [picture.shape[:2] for picture in pictures] == [(480, 640), (240, 320)]


def test_a_camera_that_is_not_heard_here_is_told(tmp_path: Path) -> None:
    """The overlay comes, as from a node on another machine, whose camera is seen there alone."""
    shown: list[bytes] = []
    with a_robot() as robot:
        control = CaptureControl(CaptureFolder(tmp_path), CaptureOptions())
        capture = NodeCapture("/far", robot.node, control, lambda jpeg, _: shown.append(jpeg))

        def is_told() -> bool:
            capture.listen("/far_camera")
            overlay = CompressedImage(data=b"as it came")
            overlay.header.stamp.sec = 1
            capture.take_overlay(overlay)
            state = capture.state()
            return state is not None and "/far_camera do not come here" in state.message

        assert robot.wait_for(is_told)
        state = capture.state()
        assert state is not None
        assert (state.is_problem, state.available) == (True, [])
        capture.close()
    assert set(shown) == {b"as it came"}


def test_images_without_stamps_are_refused_in_words(tmp_path: Path) -> None:
    with a_robot() as robot:
        control = CaptureControl(CaptureFolder(tmp_path), CaptureOptions())
        capture = NodeCapture("/far", robot.node, control, lambda jpeg, _: None)
        capture.listen("")  # a node that takes its frames from no topic
        capture.take_overlay(CompressedImage(data=b"of no time"))
        state = capture.state()
        capture.close()
    assert state is not None
    assert "no time stamps" in state.message
    assert not list(tmp_path.iterdir())


def a_message(data: bytes) -> CompressedImage:
    """Return a message with these bytes."""
    return CompressedImage(data=data)


def test_parts_of_one_stamp_come_together_in_any_order() -> None:
    parts = StampedParts(("image", "mask"))
    m1, m2, m3, i1, i2, i3 = map(a_message, (b"m1", b"m2", b"m3", b"i1", b"i2", b"i3"))
    assert parts.add("mask", Time(sec=1), m1) is None
    assert parts.add("image", Time(sec=2), i2) is None
    assert parts.add("image", Time(sec=3), i3) is None
    assert parts.add("mask", Time(sec=2), m2) == {"image": i2, "mask": m2}
    # what came before is never shown any more, what came after still is
    assert parts.add("image", Time(sec=1), i1) is None
    assert parts.add("mask", Time(sec=3), m3) == {"image": i3, "mask": m3}


def test_small_images_wait_for_a_slow_network() -> None:
    parts, small = StampedParts(("image", "mask")), a_message(b"small")
    for number in range(30):  # as many as come in a second
        assert parts.add("image", Time(sec=number), small) is None
    assert parts.add("mask", Time(sec=0), small) == {"image": small, "mask": small}
    for number in range(30, 1000):
        parts.add("image", Time(sec=number), small)
    assert parts.add("mask", Time(sec=800), small) is None
    assert parts.add("mask", Time(sec=950), small) is not None


def test_of_large_images_few_are_kept() -> None:
    parts, large = StampedParts(("image", "mask")), a_message(bytes(32 << 20))
    for number in range(KEPT_STAMPS + 1):
        assert parts.add("image", Time(sec=number), large) is None
    assert parts.add("mask", Time(sec=1), large) == {"image": large, "mask": large}
    assert parts.add("mask", Time(sec=0), large) is None
    parts.clear()
    assert parts.add("mask", Time(sec=5), large) is None


def test_capture_without_a_node_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handseg_ros.cli.main", "serve", "--capture", "sets"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "name the node with --node" in done.stderr
    assert not list(tmp_path.iterdir())
