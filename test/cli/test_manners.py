"""Guards the manners of `handseg`: inputs in any place, help, mistyped words, records and times."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.assets import rendered_hands
from support.checkout import ROOT

from handseg_ros.cli.hand_writers import COLUMNS
from handseg_ros.cli.main import main, make_parser
from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sinks import VideoSink
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter

PAGE = ROOT / "docs" / "using-the-hands.md"
MODULE = "handseg_ros.cli.main"


@pytest.fixture(scope="module")
def hands() -> np.ndarray:
    return cv2.resize(rendered_hands(), (160, 120))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hands: np.ndarray) -> None:
    """Go to a folder with a picture, one without hands, and a clip."""
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("a.png", hands)
    cv2.imwrite("b.png", np.zeros((60, 80, 3), np.uint8))
    with VideoSink("clip.mkv", 4.0) as sink:
        for _ in range(3):
            sink.write(hands)


def read(name: str) -> np.ndarray:
    pixels = cv2.imread(name, cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_an_input_the_package_s_own_picture_is_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run"]) == 0
    printed = capsys.readouterr()
    assert "no input is given: the package's own picture is answered" in printed.err
    assert "1 frames, 2 hands, written to output.png" in printed.out
    expected = Segmenter.load().segment(read(str(sample_picture()))).mask()
    np.testing.assert_array_equal(read("output.png"), expected)


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.png", "b.png", "-s", "out"],
        ["-s", "out", "a.png", "b.png"],
        ["a.png", "-s", "out", "b.png"],
        ["-i", "a.png", "-s", "out", "-i", "b.png"],
        ["-i", "a.png", "b.png", "--savepath", "out"],
        ["--savepath", "out", "--", "a.png", "b.png"],
    ],
)
def test_inputs_may_stand_anywhere(arguments: list[str]) -> None:
    assert main(["run", *arguments]) == 0
    assert sorted(os.listdir("out")) == ["a.png", "b.png"]


def test_a_picture_after_overlay_is_an_input(hands: np.ndarray) -> None:
    assert main(["run", "--overlay", "a.png", "-s", "out.png"]) == 0
    expected = draw_overlay(hands, Segmenter.load().segment(hands), OverlayMode.INSTANCES)
    np.testing.assert_array_equal(read("out.png"), expected)


def test_records_are_the_hands_that_the_core_finds(hands: np.ndarray) -> None:
    assert main(["run", "a.png", "b.png", "--json", "h.jsonl", "--csv", "h.csv"]) == 0
    assert sorted(os.listdir()) == ["a.png", "b.png", "clip.mkv", "h.csv", "h.jsonl"]
    segmentation = Segmenter.load().segment(hands)
    first, second = lines_of(Path("h.jsonl").read_text(encoding="utf-8"))

    facts = ("schema", "version", "source", "name", "index", "position", "width", "height")
    assert [first[name] for name in facts] == [
        "handseg_ros/hands", 1, "a.png", "a", 0, None, 160, 120,
    ]  # fmt: skip
    assert first["model"] == Segmenter.load().description.title
    assert (second["source"], second["index"], second["hands"]) == ("b.png", 0, [])
    assert len(first["hands"]) == len(segmentation.hands) == 2
    for told, hand in zip(first["hands"], segmentation.hands, strict=True):
        assert (told["id"], told["track_id"]) == (hand.id, 0)
        assert told["side"] == hand.side.name.lower()
        assert told["side_confidence"] == pytest.approx(hand.side_confidence)
        assert told["score"] == pytest.approx(hand.score)
        assert told["box"] == [hand.box.x, hand.box.y, hand.box.width, hand.box.height]
        assert (told["area"], told["centroid"]) == (hand.area, pytest.approx(hand.centroid))
        pixels = np.zeros((120, 160), bool)
        pixels[hand.box.slices] = hand.mask > 0
        np.testing.assert_array_equal(_mask_of(told["mask"]), pixels)

    with open("h.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["source"] for row in rows] == ["a.png", "a.png"]
    for row, told in zip(rows, first["hands"], strict=True):
        assert [float(row[name]) for name in ("score", "area")] == [told["score"], told["area"]]
        box = [int(row[name]) for name in ("x", "y", "box_width", "box_height")]
        assert box == told["box"]
        assert (row["id"], row["side"], row["position"]) == (str(told["id"]), told["side"], "")


def _mask_of(told: dict[str, Any]) -> np.ndarray:
    """Return the mask that COCO's uncompressed run lengths tell."""
    values = np.arange(len(told["counts"])) % 2 == 1
    height, width = told["size"]
    return np.repeat(values, told["counts"]).reshape(width, height).T


def test_the_page_tells_every_field() -> None:
    Path("a0.png").write_bytes(b"")
    assert main(["run", "a0.png", "a.png", "--json", "h.jsonl"]) == 1
    bad, good = lines_of(Path("h.jsonl").read_text())
    section = PAGE.read_text(encoding="utf-8").partition("## Hands in a file")[2]
    told = re.findall(r"^\| `([\w\[\].]+)` \|", section, re.M)
    hand = [f"hands[].{name}" for name in good["hands"][0]]
    # timings are those of `to_json`: two runs write the same lines
    assert sorted(told) == sorted({*bad, *good, *hand, "timings"})
    assert good["schema"] in section
    assert f"`version` | {good['version']};" in section


def test_a_video_s_records_have_place_and_tracks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "clip.mkv", "--json", "-", "--frames", "2"]) == 0
    printed = capsys.readouterr()
    lines = lines_of(printed.out)
    assert [line["index"] for line in lines] == [0, 1]
    assert [line["position"] for line in lines] == pytest.approx([0.0, 0.25], abs=2e-3)
    for line in lines:
        assert {hand["track_id"] for hand in line["hands"]} == {1, 2}
    assert "2 frames, 4 hands" in printed.err


def test_records_go_along_with_pictures() -> None:
    assert main(["run", "a.png", "-s", "m.png", "--json", "h.jsonl"]) == 0
    (line,) = lines_of(Path("h.jsonl").read_text())
    pixels = read("m.png") > 0
    masks = [_mask_of(hand["mask"]) for hand in line["hands"]]
    np.testing.assert_array_equal(np.any(masks, axis=0), pixels)


def test_what_cannot_be_read_has_a_line_too() -> None:
    Path("a0.png").write_bytes(b"")
    assert main(["run", "a0.png", "b.png", "--json", "h.jsonl"]) == 1
    first, second = lines_of(Path("h.jsonl").read_text())
    assert first["source"] == "a0.png"
    assert "'a0.png' is empty" in first["error"]
    assert second["hands"] == []


def test_two_records_cannot_share_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.png", "--json", "-", "--csv", "-"]) == 2
    assert "cannot both be the standard output" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_trouble() -> None:
    command = f"{sys.executable} -m {MODULE} run clip.mkv --json - | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_times_are_printed_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.png", "b.png", "-s", "out", "-b"]) == 0
    printed = capsys.readouterr().out
    assert "time of an answer, over 19 of them:" in printed
    steps = re.findall(r"^  (.+?) +(\d+\.\d\d) ms, 95 % below (\d+\.\d\d) ms$", printed, re.M)
    assert [step for step, _, _ in steps] == [
        "fitting the image", "the network", "decoding", "in all",
    ]  # fmt: skip
    assert all(0 < float(median) <= float(late) for _, median, late in steps)


def test_a_window_that_cannot_be_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    has_windows = not re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.M)
    assert main(["run", "a.png", "--show"]) == 1
    words = "--show needs a screen" if has_windows else "--show needs windows, which this OpenCV"
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "a.png", "--ovrelay"], ["usage: handseg run", "no option '--ovrelay': did you "
         "mean '--overlay'?"]),
        (["run", "a.png", "--sav=x.png"], ["usage: handseg run", "ambiguous option: --sav=x.png"]),
        (["evaluate", "x", "--outt", "y"], ["usage: handseg evaluate", "--out"]),
        (["info", "hands", "more"], ["usage: handseg info", "'more' is one word too many"]),
        (["rnu"], ["usage: handseg", "no command 'rnu': did you mean 'run'?"]),
        (["run", "-x", "a.png"], ["usage: handseg run", "no option '-x'"]),
    ],
)  # fmt: skip
def test_a_mistyped_word_shows_the_usage_and_what_was_meant(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"]):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        printed = capsys.readouterr().out
        assert "examples:" in printed
        shown = re.findall(r"^  handseg (.+?)(?:   *\S.*)?$", printed, re.M)
        assert len(shown) >= 6
        for line in shown:
            make_parser().parse_args(shlex.split(line))
