"""Guards capture on the page: buttons there and hands over those in the picture store files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from support.browser import a_browser, a_page, wants_chromium
from support.capture_page import QUICK, capture_of, files_in, looking, press
from support.held_hand import hand_over, wall, write_clip
from support.processes import PATIENCE
from support.service import a_view

from handseg_ros.capture.buttons import Action

SETS = ("set0/0.png", "set0/1.png", "set0/bkg.png")


def has_files(folder: Path, count: int) -> bool:
    """Return whether a capture has so many files."""
    return len(files_in(folder)) == count


def test_presses_store_what_the_camera_gave(tmp_path: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mkv", [(None, 2.0)]), tmp_path / "sets"
    with a_view(str(clip), "--capture", str(out), "--mirror", *QUICK) as running:
        looking(running, lambda: capture_of(running).get("available") == ["Bkg", "Ext"])
        assert press(running, "Bkg") == 200
        looking(running, lambda: files_in(out) == ["set0/bkg.png"])
        for count in (2, 3):
            assert press(running, "Sav") == 200
            looking(running, partial(has_files, out, count))
        assert press(running, "Ext") == 200
        looking(running, lambda: capture_of(running).get("phase") == "done")
        assert press(running, "Bkg") == 200
        looking(running, lambda: "set1/bkg.png" in files_in(out))
        assert press(running, "Sit") == 422
    assert files_in(out) == [*SETS, "set1/bkg.png"]
    np.testing.assert_array_equal(cv2.imread(str(out / "set0" / "0.png")), wall())


def test_a_held_hand_presses(tmp_path: Path) -> None:
    parts = [(None, 1.0), (Action.BACKGROUND, 1.6), (None, 3.0), (Action.SAVE, 2.4)]
    clip, out = write_clip(tmp_path / "clip.mkv", parts), tmp_path / "sets"
    with a_view(str(clip), "--capture", str(out), *QUICK) as running:
        looking(running, lambda: "set0/0.png" in files_in(out))
    np.testing.assert_array_equal(cv2.imread(str(out / "set0" / "0.png")), hand_over(Action.SAVE))


def test_without_a_folder_there_is_nothing_to_press(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 1.0)])
    with a_view(str(clip), "--model", "hands_fast") as running:
        assert press(running, "Bkg") == 404
        assert capture_of(running) == {}


@wants_chromium
def test_the_page_s_buttons_say_what_they_do(tmp_path: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mkv", [(None, 2.0)]), tmp_path / "sets"
    with (
        a_view(str(clip), "--capture", str(out), *QUICK) as running,
        a_browser() as browser,
        a_page(browser, running.url) as page,
    ):
        message = page.locator("#capture-message")
        expect(message).to_contain_text("Bkg first", timeout=1e3 * PATIENCE)
        expect(page.get_by_role("button", name="Store a frame")).to_be_disabled()
        page.get_by_role("button", name="Store the background").click()
        expect(message).to_contain_text("set0/bkg.png is stored", timeout=1e3 * PATIENCE)
        page.get_by_role("button", name="Store a frame").click()
        expect(message).to_contain_text("set0/0.png is stored", timeout=1e3 * PATIENCE)
        page.get_by_role("button", name="End").click()
        expect(message).to_contain_text("ended", timeout=1e3 * PATIENCE)
    assert files_in(out) == ["set0/0.png", "set0/bkg.png"]


@pytest.mark.parametrize("option", ["-b", "-s"])
def test_timers_out_of_range_are_refused(option: str, tmp_path: Path) -> None:
    refused = pytest.raises(TimeoutError, match="must be from 0 to 3600")
    with refused, a_view("clip.mkv", "--capture", str(tmp_path), option, "-1"):
        pass
