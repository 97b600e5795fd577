"""Guards `handseg import`: a description and pictures beside the model, and reasons to read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import PICTURE
from support.disguised import disguise

from handseg_ros.cli.main import main
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Return a network of 0 to 1 that describes nothing."""
    return disguise(tmp_path / "theirs.onnx", weights=(-0.5, 0.5))


def test_the_model_runs_after_it(foreign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = foreign.read_bytes()
    assert main(["import", str(foreign), "--licence", "Apache-2.0"]) == 0
    assert foreign.read_bytes() == before
    printed = capsys.readouterr().out
    for words in ("family: semantic", "input.colour: RGB", "if wrong: --colour", "theirs.yaml"):
        assert words in printed
    assert "licence of the weights is unknown" not in printed
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    found = Segmenter.load(foreign).segment(picture)
    assert len(found.hands) == 2
    overlay = cv2.imread(str(foreign.with_name("theirs_overlay.png")))
    np.testing.assert_array_equal(overlay, draw_overlay(picture, found, OverlayMode.INSTANCES))
    sheet = cv2.imread(str(foreign.with_name("theirs_settings.png")))
    assert sheet is not None
    assert sheet.shape[0] > 2 * 240
    text = foreign.with_suffix(".yaml").read_text(encoding="utf-8")
    assert "# input.colour: RGB (" in text


def test_a_picture_of_one_s_own(foreign: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.png"
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    cv2.imwrite(str(own), picture[:, ::-1])
    assert main(["import", str(foreign), "--image", str(own)]) == 0
    overlay = cv2.imread(str(foreign.with_name("theirs_overlay.png")))
    assert overlay is not None
    assert overlay.shape == picture.shape
    assert np.mean(overlay != picture[:, ::-1]) < 0.3


def test_a_warning_is_printed(foreign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(foreign), "--classes", "hand, background"]) == 0
    printed = capsys.readouterr().out
    assert "warning: the mask looks inverted" in printed
    assert "warning: the licence" in printed
    assert "classes: hand, background (as you said)" in printed


def test_a_description_is_not_overwritten_unasked(
    foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = foreign.with_suffix(".yaml")
    description.write_text("mine", encoding="utf-8")
    assert main(["import", str(foreign)]) == 1
    assert "--force" in capsys.readouterr().err
    assert description.read_text(encoding="utf-8") == "mine"
    assert main(["import", str(foreign), "--force"]) == 0
    assert description.read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.onnx"], ["nowhere.onnx", "does not exist"]),
        (["hands"], ["describes itself", "handseg info"]),
        ([str(PICTURE)], ["rendered_hands.png", "no ONNX model"]),
    ],
)
def test_what_cannot_be_imported_is_explained(
    arguments: list[str],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["import", *arguments]) == 1
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed


def test_a_picture_that_is_not_there_leaves_nothing(
    foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(foreign), "--image", "nowhere.png"]) == 1
    assert "nowhere.png" in capsys.readouterr().err
    assert [path.name for path in foreign.parent.iterdir()] == ["theirs.onnx"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--look", "RGB:imagenet", "--colour", "BGR"], "--look says colours"),
        (["--mean", "0,0,0"], "--mean and --std belong together"),
        (["--mean", "0,0,0", "--std", "0,1,1"], "three numbers above 0"),
        (["--normalisation", "imagenet", "--std", "1,1,1"], "is a name for --mean and --std"),
    ],
)
def test_what_does_not_go_together_is_a_wrong_usage(
    arguments: list[str], words: str, foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(foreign), *arguments]) == 2
    assert words in capsys.readouterr().err
