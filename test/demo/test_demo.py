"""Guards `make demo`: real processes, a video, a sheet and a table; success only if hands came."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.demo.inputs import choose_input
from handseg_ros.demo.output_files import OverlayRecorder
from handseg_ros.media.sinks import VideoSink
from handseg_ros.media.sources import open_source
from handseg_ros.nodes.own_domain import DOMAINS, DomainError, claim_domain, domain_lock
from handseg_ros.segmentation.errors import MediaError

CLIP = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.avi"
PATIENCE = 120


def _run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "handseg_ros.demo", "--output", str(folder), *arguments]
    # Beside the source folder, so that the installed package runs.
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, timeout=PATIENCE, check=False
    )


@pytest.mark.slow
def test_the_rendered_clip_gives_video_sheet_and_table(tmp_path: Path) -> None:
    result = _run_demo(tmp_path, "--clip", str(CLIP))
    assert result.returncode == 0, result.stderr
    table = dict(re.findall(r"^(\S.*?)  +(\S.*)$", result.stdout, re.M))
    length = len(list(open_source(str(CLIP))))
    assert int(table["frames in"]) == length
    assert int(table["frames out"]) + int(table["dropped"]) == length
    assert int(table["hands found"]) > 0
    assert "rendered" in table["input"]
    assert table["model"].startswith("hands ")
    assert table["provider"] == "cpu"
    assert float(table["latency, median"].split()[0]) > 0
    overlays = list(open_source(str(tmp_path / "overlay.mp4")))
    assert len(overlays) == int(table["frames out"])
    assert cv2.imread(str(tmp_path / "contact_sheet.png")) is not None


@pytest.mark.slow
def test_the_user_s_own_video_without_hands_is_no_success(tmp_path: Path) -> None:
    own = tmp_path / "black.avi"
    with VideoSink(own, rate=20.0) as video:
        for _ in range(10):
            video.write(np.zeros((240, 320, 3), np.uint8))
    result = _run_demo(tmp_path, "--input", str(own), "--clip", str(CLIP))
    assert result.returncode == 1
    assert "no hand was found" in result.stderr
    assert re.search(r"^hands found +0$", result.stdout, re.M)


def test_a_demo_beside_another_one_has_a_domain_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with ExitStack() as others:
        for number in DOMAINS:
            lock = others.enter_context(domain_lock(number).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DomainError, match="end one of them"):
            claim_domain()
        result = _run_demo(tmp_path, "--clip", str(CLIP))
    assert result.returncode == 1
    assert "all ROS domains" in result.stderr
    assert "Traceback" not in result.stderr
    assert claim_domain() != claim_domain()


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = _run_demo(tmp_path, "--input", "nowhere.mp4")
    assert result.returncode == 1
    assert "nowhere.mp4" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = _run_demo(tmp_path, "--clip", str(CLIP), "--model", "feet")
    assert result.returncode == 1
    assert "feet" in result.stderr


def test_the_user_s_input_comes_first_then_real_pictures_then_the_clip(tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    cv2.imwrite(str(assets / "photo.jpg"), np.zeros((48, 64, 3), np.uint8))
    with VideoSink(tmp_path / "clip.avi", rate=5.0) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    (tmp_path / "clip.avi").rename(assets / "fingers-lq.gif")
    own = choose_input(str(CLIP), tmp_path, CLIP)
    assert [source.source for source in own.sources] == [str(CLIP)]
    real = choose_input("", tmp_path, CLIP)
    assert [Path(source.source).name for source in real.sources] == ["fingers-lq.gif", "assets"]
    assert "fingerpose" in real.name
    assert "rendered" in choose_input("", tmp_path / "nothing", CLIP).name
    with pytest.raises(MediaError, match="nothing to show"):
        choose_input("", None, None)


def test_a_long_film_has_every_picture_and_an_evenly_spread_sheet(tmp_path: Path) -> None:
    with OverlayRecorder(tmp_path / "film.avi", tmp_path / "sheet.png") as overlays:
        for brightness in range(200):
            overlays.add(np.full((120, 160, 3), brightness, np.uint8))
    assert len(list(open_source(str(overlays.video)))) == 200
    sheet = cv2.imread(str(overlays.sheet))
    assert sheet is not None
    # The middles of the 4x4 tiles, from dark to bright.
    rows, columns = sheet.shape[0] // 4, sheet.shape[1] // 4
    middles = [
        int(sheet[rows * row + rows // 2, columns * column + columns // 2, 0])
        for row in range(4)
        for column in range(4)
    ]
    assert middles[0] < 10
    assert middles[-1] > 180
    steps = np.diff(middles)
    assert steps.min() > 0
    assert steps.max() <= 3 * steps.min()
