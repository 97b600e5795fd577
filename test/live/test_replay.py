"""Guards `handseg replay`: the real node on the bag's clock, every image answered or dropped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.bags import IMAGE, Entry, compressed_entry, image_entry, stamp_of, write_bag

from handseg_ros.cli.main import main

PICTURE = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.png"
MS = 1_000_000
RECORDED_LATER = 100 * MS
RUBBISH = b"\x00\x01\x00\x00rubbish"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    pixels = cv2.imread(str(PICTURE))
    assert pixels is not None
    return cv2.resize(pixels, (320, 240))


def _replay(bag: Path, *options: str) -> dict[str, Any]:
    out = bag.parent / "figures.json"
    assert main(["replay", str(bag), "--out", str(out), *options]) == 0
    figures: dict[str, Any] = json.loads(out.read_text())
    return figures


@pytest.mark.slow
def test_a_bag_at_its_own_pace(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [
        image_entry("/camera/image", stamp_of(2 * number), picture, delay=RECORDED_LATER)
        for number in range(20)
    ]
    figures = _replay(write_bag(tmp_path / "bag", entries), "--model", "hands_fast")
    assert figures["images"] == 20
    assert figures["answered"] + figures["dropped"] == 20
    assert figures["answered"] >= 1
    assert figures["strangers"] == figures["repeated"] == figures["unreadable"] == 0
    assert figures["latency"]["median"] > 0
    # By the bag's clock an image is as old as it took to record it, and as to answer it.
    recorded_later = RECORDED_LATER / MS
    assert figures["age"]["median"] == pytest.approx(
        recorded_later + figures["latency"]["median"], abs=figures["late"] + 1
    )
    printed = capsys.readouterr().out
    assert f"answered                   {figures['answered']}" in printed


@pytest.mark.slow
def test_a_camera_too_fast_for_the_node_loses_images(picture: np.ndarray, tmp_path: Path) -> None:
    stamps = [stamp_of(0) + number * MS for number in range(300)]
    entries = [compressed_entry("/image/compressed", stamp, picture) for stamp in stamps]
    figures = _replay(write_bag(tmp_path / "bag", entries))
    assert figures["images"] == 300
    assert figures["dropped"] > 100
    assert figures["answered"] + figures["dropped"] == 300
    assert figures["answered"] >= 1
    assert figures["strangers"] == 0


@pytest.mark.slow
def test_bad_images_are_dropped_and_what_is_none_is_not_sent(
    picture: np.ndarray, tmp_path: Path
) -> None:
    entries = [image_entry("/image", stamp_of(4 * number), picture) for number in range(4)]
    entries[1] = image_entry("/image", stamp_of(4), picture, encoding="no_such_encoding")
    entries[2] = Entry("/image", IMAGE, stamp_of(8), RUBBISH)
    figures = _replay(write_bag(tmp_path / "bag", entries), "--rate", "0.5")
    assert (figures["images"], figures["unreadable"]) == (3, 1)
    assert 1 <= figures["answered"] <= 2


@pytest.mark.slow
def test_ctrl_c_ends_with_the_figures_so_far(picture: np.ndarray, tmp_path: Path) -> None:
    entries = [image_entry("/image", stamp_of(number), picture) for number in range(2000)]
    bag, out = write_bag(tmp_path / "bag", entries), tmp_path / "figures.json"
    command = [sys.executable, "-m", "handseg_ros.cli.main", "replay", str(bag), "--out", str(out)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        # The bar shows the first image once it was sent.
        shown = b""
        while b" 1/2000" not in shown and process.poll() is None:
            shown += process.stderr.read1()  # type: ignore[attr-defined]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert 1 <= json.loads(out.read_text())["images"] < 2000


@pytest.mark.slow
def test_what_cannot_be_played_is_explained(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_bag(tmp_path / "good", [image_entry("/image", stamp_of(0), picture)])
    bad = write_bag(tmp_path / "bad", [Entry("/image", IMAGE, 1, RUBBISH)])
    for arguments, words in (
        ([tmp_path / "nowhere"], ["nowhere", "does not exist"]),
        ([good, "--model", "feet"], ["node did not come up", "no model named 'feet'"]),
        ([bad], ["no image of /image can be played"]),
        ([good, "--out", tmp_path / "no" / "f.json"], ["f.json", "cannot be written"]),
    ):
        assert main(["replay", *map(str, arguments)]) == 1
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "1000"])
def test_a_pace_that_makes_no_sense_is_a_wrong_usage(rate: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay", "bag", "--rate", rate])
    assert caught.value.code == 2
