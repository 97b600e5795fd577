"""Guards `handseg export`: a file that ONNX Runtime runs with nothing else, and what is said."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import CLIP, PICTURE

from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter

pytest.importorskip("onnx", reason="no rosdep key was found for it: `pip install onnx` does it")

# What a user of the file writes; handseg_ros is not imported.
ALONE = """
import sys, cv2, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
rgb = cv2.cvtColor(cv2.imread(sys.argv[2]), cv2.COLOR_BGR2RGB)
(mask,) = session.run(None, {"image": rgb})
cv2.imwrite(sys.argv[3], mask)
assert "handseg_ros" not in sys.modules
"""
WITHOUT_ONNX = """
import sys
sys.modules["onnx"] = None  # what Python keeps of a module that is not to be found
from handseg_ros.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_file_needs_nothing_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.onnx"
    assert main(["export", "--output", str(out)]) == 0
    printed = capsys.readouterr().out
    for words in (str(out), "operator set 17", "RGB", "448x352", "pixels differ", "gives mask,"):
        assert words in printed
    mask = tmp_path / "mask.png"
    command = [sys.executable, "-c", ALONE, str(out), str(PICTURE), str(mask)]
    subprocess.run(command, check=True, cwd=tmp_path)
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    found = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert np.mean(found != Segmenter.load().segment(picture).mask()) < 0.001


@pytest.mark.slow
def test_eight_bits_tell_what_they_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out.onnx")
    data = ["--calibration-data", str(CLIP)]
    assert (
        main(["export", "--output", out, "--int8", *data, "--width", "160", "--height", "128"]) == 0
    )
    printed = capsys.readouterr().out
    assert "8 bits beside full precision: " in printed
    assert "42 pictures" in printed


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--int8"], ["--int8", "--calibration-data", "together"], 2),
        (["--calibration-data", str(CLIP)], ["--int8", "together"], 2),
        (["--model", "feet"], ["feet", "hands"], 1),
        (["--opset", "11"], ["from operator set 17 to 11"], 1),
    ],
)
def test_what_cannot_be_exported_is_explained(
    arguments: list[str],
    words: list[str],
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.onnx"
    assert main(["export", "--output", str(out), *arguments]) == code
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed
    assert not out.exists()


def test_without_onnx_the_way_to_it_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_ONNX, "export", "--output", str(tmp_path / "o.onnx")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("handseg: export needs the package 'onnx'")
    assert "pip install 'handseg_ros[export]'" in done.stderr
