"""Guards pictures whose names are not in UTF-8, as of old disks: shown, scored, exported, told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.cli.main import main
from handseg_ros.datasets.registry import open_dataset

NAME = "caf\udce9"  # as Python tells b"caf\xe9", Latin-1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a set of one picture with such a name."""
    pixels = np.full((48, 64, 3), 90, np.uint8)
    mask = np.zeros((48, 64), np.uint8)
    mask[5:20, 5:20] = 255
    for part, picture in (("images", pixels), ("masks", mask)):
        (tmp_path / "set" / part).mkdir(parents=True)
        data = cv2.imencode(".png", picture)[1].tobytes()
        Path(tmp_path, "set", part, f"{NAME}.png").write_bytes(data)
    return tmp_path / "set"


def handseg(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, which OpenCV may end."""
    command = [sys.executable, "-m", "handseg_ros.cli.main", *(os.fspath(word) for word in words)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_it_is_shown(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    ended = handseg("data", "show", folder, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert r"caf\udce9" in (out / "pictures.js").read_text("utf-8")


def test_it_is_scored(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    ended = handseg("evaluate", folder, "--out", out, "--model", "hands_fast")
    assert ended.returncode == 0, ended.stderr
    assert r"caf\udce9" in (out / "frames.jsonl").read_text("utf-8")


@pytest.mark.parametrize("kind", ["coco", "labelme", "yolo-seg"])
def test_it_is_exported(folder: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    assert main(["data", "export", str(folder), "--format", kind, "--out", str(out)]) == 0
    if kind != "yolo-seg":
        (frame,) = open_dataset(out)
        assert Path(frame.name).name == NAME
        assert frame.ground_truth is not None


def test_what_frames_csv_cannot_hold_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["data", "export", str(folder), "--format", "masks", "--out", str(out)]) == 1
    assert r"'caf\udce9' is not in UTF-8, which frames.csv is: rename" in capsys.readouterr().err
    assert not out.exists()
