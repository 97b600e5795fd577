"""Guards `handseg capture`: held hands, found by the real model, store files that convert."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.file_limit import file_limit
from support.held_hand import HEIGHT, WIDTH, hand_over, passing, wall, write_clip, write_frames
from support.processes import running_process

from handseg_ros.capture.buttons import Action
from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter

BKG, SAV, EXT = Action.BACKGROUND, Action.SAVE, Action.END
QUICK = ["--headless", "-b", "1", "-s", "1", "--background-frames", "3", "--model", "hands_fast"]
BOTH = [(None, 0.4), (BKG, 1.4), (None, 1.8), (SAV, 2.4), (None, 0.8), (SAV, 2.4), (None, 0.8)]


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*"))


def read(file: Path) -> np.ndarray:
    pixels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a session of one background and two frames with a hand."""
    folder = tmp_path_factory.mktemp("session")
    clip = write_clip(folder / "clip.mkv", [*BOTH, (EXT, 1.4), (None, 1.0), (BKG, 3.0)])
    command = ["capture", str(clip), "--out", str(folder / "captured")]
    assert main([*command, *QUICK, "--model", "hands"]) == 0
    return folder / "captured"


def test_a_held_hand_stores_backgrounds_and_frames_and_ends(captured: Path) -> None:
    assert files_in(captured) == ["set0/0.png", "set0/1.png", "set0/bkg.png"]
    np.testing.assert_array_equal(read(captured / "set0" / "bkg.png"), wall())
    np.testing.assert_array_equal(read(captured / "set0" / "0.png"), hand_over(SAV))


def test_another_session_goes_on_with_the_next_set(
    captured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "captured"
    (out / "set0").mkdir(parents=True)
    (out / "set0" / "bkg.png").write_bytes((captured / "set0" / "bkg.png").read_bytes())
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4), (BKG, 1.4), (None, 2.0)])
    assert main(["capture", str(clip), "--out", str(out), *QUICK]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"1 backgrounds and 0 frames stored in {out}\n"
    assert printed.err.splitlines() == [
        "handseg: Bkg first: it stores the view without anybody in it",
        "handseg: a background follows: leave the picture",
        "handseg: the background is being averaged: stay out of the picture",
        "handseg: set1/bkg.png is stored: Sav adds frames to it",
        "handseg: the source has no more frames",
    ]
    assert files_in(out) == ["set0/bkg.png", "set1/bkg.png"]


def test_a_hand_that_passes_by_presses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way = list(passing(seconds=2.0))
    frames = [wall(), wall(), *way, *[wall()] * 3, *reversed(way), *[wall()] * 3]
    clip = write_frames(tmp_path / "clip.mkv", frames)
    assert main(["capture", str(clip), "--out", str(tmp_path / "out"), *QUICK]) == 0
    printed = capsys.readouterr()
    assert "0 backgrounds and 0 frames" in printed.out
    assert "Sav" not in printed.err.partition("handseg: Bkg first")[2], "Sav was pressed"
    assert "follows" not in printed.err
    assert "no more frames" in printed.err, "Ext was pressed"


def test_in_a_mirror_a_hand_is_over_the_button_that_people_see_it_over(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4), (EXT, 1.4), (None, 2.0)])
    assert main(["capture", str(clip), "--out", str(tmp_path / "out"), *QUICK, "--mirror"]) == 0
    np.testing.assert_array_equal(read(tmp_path / "out" / "set0" / "bkg.png"), wall())


def test_a_hand_that_stays_is_told_to_be_in_the_background(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4), (BKG, 4.0)])
    assert main(["capture", str(clip), "--out", str(tmp_path / "out"), *QUICK]) == 0
    assert "a hand was in 3 of its 3 frames: press Bkg again" in capsys.readouterr().err


def test_what_is_captured_converts_once_masks_are_added(
    captured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Frames without masks are left out with that reason; those with one name their background."""
    pytest.importorskip("pycocotools", reason="no rosdep key was found for it")
    convert = ["data", "convert", str(captured), "--format", "frame-background", "--out"]
    assert main([*convert, str(tmp_path / "unlabelled")]) == 0
    printed = capsys.readouterr()
    assert "1 pictures with 0 hands and objects, 2 skipped" in printed.out
    assert "2: its mask is missing" in printed.err

    labelled = tmp_path / "labelled"
    (labelled / "set0").mkdir(parents=True)
    for file in (captured / "set0").iterdir():
        (labelled / "set0" / file.name).write_bytes(file.read_bytes())
    masks = {}
    for name in ("0", "1"):
        masks[name] = Segmenter.load().segment(read(captured / "set0" / f"{name}.png")).mask()
        cv2.imwrite(str(labelled / "set0" / f"{name}_mask.png"), masks[name])
    out = tmp_path / "converted"
    convert[2] = str(labelled)
    assert main([*convert, str(out)]) == 0
    assert "3 pictures with 2 hands and objects, 0 skipped" in capsys.readouterr().out
    images = json.loads((out / "annotations.json").read_text())["images"]
    assert [image["file_name"] for image in images] == [
        "images/set0/bkg.png", "images/set0/0.png", "images/set0/1.png",
    ]  # fmt: skip
    assert [image["background"] for image in images[1:]] == ["images/set0/bkg.png"] * 2
    assert main(["evaluate", str(out), "--out", str(tmp_path / "report")]) == 0
    assert "hand-only IoU, pooled: 1.000" in capsys.readouterr().out


def test_pictures_of_a_folder_go_by_the_rate_and_bad_ones_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(10):
        picture = hand_over(BKG) if 2 <= number < 6 else wall()
        cv2.imwrite(str(frames / f"{number}.png"), picture)
    (frames / "8.png").write_bytes(b"no picture")
    command = ["capture", str(frames), "--out", str(tmp_path / "out"), "--headless"]
    options = ["-b", "1", "--background-frames", "1"]
    assert main([*command, *options, "--rate", "2"]) == 0
    printed = capsys.readouterr()
    assert "1 backgrounds and 0 frames" in printed.out
    assert "'" + str(frames / "8.png") + "'" in printed.err
    assert main([*command, *options, "--rate", "10"]) == 0
    assert "0 backgrounds and 0 frames" in capsys.readouterr().out, "0.4 seconds are no hold"


def test_a_source_that_ends_too_early_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4), (BKG, 1.4)])
    assert main(["capture", str(clip), "--out", str(tmp_path / "out"), *QUICK]) == 0
    printed = capsys.readouterr()
    assert "no more frames, before what was pressed was done" in printed.err
    assert "0 backgrounds and 0 frames" in printed.out


def test_a_full_disk_is_told_and_the_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4), (BKG, 1.4), (None, 2.0)])
    with file_limit(100):
        assert main(["capture", str(clip), "--out", str(tmp_path / "out"), *QUICK]) == 1
    printed = capsys.readouterr()
    assert "set0/bkg.png' cannot be written, File too large" in printed.err
    assert printed.err.endswith("1 of what was to be stored could not be: why is told above\n")
    assert "0 backgrounds and 0 frames" in printed.out
    assert files_in(tmp_path / "out") == []


def test_without_a_window_the_way_out_is_told_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4)])
    assert main(["capture", str(clip), "--out", str(tmp_path / "out")]) == 1
    has_windows = not re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.M)
    told = capsys.readouterr().err
    if has_windows:
        assert "handseg capture needs a screen" in told
    else:
        assert "handseg capture needs windows, which this OpenCV was built without" in told
    assert told.endswith("or let hands alone press, with --headless\n")
    assert not (tmp_path / "out").exists()


def test_a_camera_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["capture", "/dev/video77", "--out", str(tmp_path / "out"), "--headless"]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "handseg: the camera '/dev/video77' cannot be opened: check that" in printed.err
    assert "0 backgrounds and 0 frames" in printed.out


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mkv", [(None, 0.4)])
    assert main(["capture", str(clip), "--out", str(clip), "--headless"]) == 1
    assert "clip.mkv' cannot be written, File exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-b", "-1"], "must be from 0 to 3600"),
        (["-s", "nan"], "must be from 0 to 3600"),
        (["--background-frames", "0"], "must be from 1 to 10000"),
        (["--rate", "0"], "must be from 0.1 to 1000"),
    ],
)
def test_numbers_out_of_range_are_refused(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["capture", "0", "--out", "out", *options])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_ctrl_c_ends_with_what_is_stored(tmp_path: Path) -> None:
    frames, out = tmp_path / "frames", tmp_path / "out"
    frames.mkdir()
    cv2.imwrite(str(tmp_path / "wall.png"), wall())
    cv2.imwrite(str(tmp_path / "hand.png"), hand_over(BKG))
    for number in range(2000):
        picture = "hand.png" if 5 <= number < 18 else "wall.png"
        (frames / f"{number}.png").symlink_to(tmp_path / picture)
    command: list[str | Path] = [sys.executable, "-m", "handseg_ros.cli.main", "capture"]
    command += [frames, "--out", out]
    with running_process([*command, *QUICK]) as process:
        process.wait_for_output("set0/bkg.png is stored")
        assert process.stop() == 0, process.output()
        assert "stopped" in process.output()
        assert "1 backgrounds and 0 frames stored" in process.output()
    assert read(out / "set0" / "bkg.png").shape == (HEIGHT, WIDTH, 3)
