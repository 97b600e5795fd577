"""Guards the window of `handseg capture`: mouse and keys press, what is stored is not drawn on."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import PICTURE, rendered_hands
from support.display import a_screen, why_no_windows
from support.processes import running_process

from handseg_ros.capture.buttons import BUTTONS, Action

pytestmark = pytest.mark.skipif(bool(why_no_windows()), reason=why_no_windows())

HEIGHT, WIDTH = rendered_hands().shape[:2]


def place_of(action: Action) -> tuple[int, int]:
    (button,) = (each for each in BUTTONS if each.action is action)
    box = button.box(HEIGHT, WIDTH)
    return box.x + box.width // 2, box.y + box.height // 2


def test_mouse_and_keys_press_the_buttons(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3000):  # five minutes, of which seconds are needed
        (frames / f"{number}.png").symlink_to(PICTURE)
    out = tmp_path / "out"
    options = ["-b", "0.5", "-s", "0.5", "--background-frames", "3", "--mirror"]
    command: list[str | Path] = [sys.executable, "-m", "handseg_ros.cli.main", "capture"]
    command += [frames, "--out", out]
    with a_screen() as screen:
        environment = {"DISPLAY": screen.name, "QT_QPA_PLATFORM": "xcb"}
        with running_process([*command, *options], environment) as process:
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


def test_a_click_on_the_end_ends(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3000):
        (frames / f"{number}.png").symlink_to(PICTURE)
    command: list[str | Path] = [sys.executable, "-m", "handseg_ros.cli.main", "capture"]
    command += [frames, "--out", tmp_path]
    with (
        a_screen() as screen,
        running_process(command, {"DISPLAY": screen.name, "QT_QPA_PLATFORM": "xcb"}) as process,
    ):
        window = screen.window("handseg capture")
        process.wait_for_output("Bkg first")
        screen.click(window, *place_of(Action.END))
        assert process.wait() == 0, process.output()
        assert "0 backgrounds and 0 frames stored" in process.output()
