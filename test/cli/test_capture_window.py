"""Guards the window of `handseg capture`: mouse and keys press, closing it ends it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import PICTURE, rendered_hands
from support.display import Screen, a_screen, why_no_windows
from support.processes import running_process

from handseg_ros.capture.buttons import BUTTONS, Action
from handseg_ros.media import VideoSink

pytestmark = pytest.mark.skipif(bool(why_no_windows()), reason=why_no_windows())

HEIGHT, WIDTH = rendered_hands().shape[:2]


HANDSEG: list[str | Path] = [sys.executable, "-m", "handseg_ros.cli.main"]


def place_of(action: Action) -> tuple[int, int]:
    (button,) = (each for each in BUTTONS if each.action is action)
    box = button.box(HEIGHT, WIDTH)
    return box.x + box.width // 2, box.y + box.height // 2


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Return a folder of pictures for five minutes, of which seconds are needed."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.png").symlink_to(PICTURE)
    return folder


@pytest.fixture
def screen() -> Iterator[Screen]:
    with a_screen() as made:
        yield made


def test_mouse_and_keys_press_the_buttons(screen: Screen, frames: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["-b", "0.5", "-s", "0.5", "--background-frames", "3", "--mirror"]
    command = [*HANDSEG, "capture", frames, "--out", out, *options]
    with running_process(command, screen.environment) as process:
        window = screen.window("handseg capture")
        process.wait_for_output("Bkg first")
        screen.click(window, WIDTH // 2, HEIGHT - 30)  # no button is there
        screen.click(window, *place_of(Action.SAVE))
        process.wait_for_output("Sav needs a background to go with")
        screen.click(window, *place_of(Action.BACKGROUND))
        process.wait_for_output("set0/bkg.png is stored, but a hand was in 3 of its 3 frames")
        screen.press(window, "s")
        process.wait_for_output("set0/0.png is stored")
        screen.press(window, "b")
        process.wait_for_output("set1/bkg.png is stored")
        screen.click(window, *place_of(Action.SAVE))
        process.wait_for_output("set1/0.png is stored")
        screen.press(window, "Escape")
        assert process.wait() == 0, process.output()
        assert "2 backgrounds and 2 frames stored" in process.output()
    for name in ("set0/bkg.png", "set0/0.png", "set1/bkg.png", "set1/0.png"):
        # as the camera gave it: neither mirrored nor drawn on
        np.testing.assert_array_equal(cv2.imread(str(out / name)), rendered_hands())


@pytest.mark.parametrize("way", ["click", "cross"])
def test_a_click_on_ext_and_closing_the_window_end(
    way: str, screen: Screen, frames: Path, tmp_path: Path
) -> None:
    command = [*HANDSEG, "capture", frames, "--out", tmp_path / "out"]
    with running_process(command, screen.environment) as process:
        window = screen.window("handseg capture")
        process.wait_for_output("Bkg first")
        if way == "click":
            screen.click(window, *place_of(Action.END))
        else:
            screen.close(window)
        assert process.wait() == 0, process.output()
        told = process.output()
    assert "Traceback" not in told
    assert "handseg: ended\n0 backgrounds and 0 frames stored in" in told


def test_closing_the_window_of_run_ends_it(screen: Screen, tmp_path: Path) -> None:
    with VideoSink(tmp_path / "clip.avi", 30.0) as sink:
        for _ in range(3000):
            sink.write(np.zeros((96, 128, 3), np.uint8))
    with running_process(
        [*HANDSEG, "run", tmp_path / "clip.avi", "--show"], screen.environment
    ) as process:
        window = screen.window("handseg")
        process.wait_for_output("  1%|")
        screen.close(window)
        assert process.wait() == 0, process.output()
        assert "handseg: stopped" in process.output()
