"""Guards distillation: only what all teachers and the colours agree on becomes a label."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import PICTURE, rendered_hands

from handseg_ros.cli.main import main
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.hands import Segmentation, Side
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.distillation import Agreed, distil


@pytest.fixture(scope="module")
def teacher() -> Segmenter:
    return Segmenter.load("hands_fast")


class _Shifted:
    """A teacher whose hands lie elsewhere, by a share of the picture."""

    def __init__(self, teacher: Segmenter, pixels: int, last_only: bool = False) -> None:
        self._teacher, self._pixels, self._last_only = teacher, pixels, last_only

    def segment(self, image: np.ndarray) -> Segmentation:
        answer = self._teacher.segment(image)
        moved = [
            hand
            if self._last_only and index + 1 < len(answer.hands)
            else replace(hand, box=replace(hand.box, x=max(0, hand.box.x - self._pixels)))
            for index, hand in enumerate(answer.hands)
        ]
        return replace(answer, hands=tuple(moved))


def test_hands_that_all_signs_agree_on_are_labelled_with_their_sides(teacher: Segmenter) -> None:
    areas = distil([teacher, teacher], rendered_hands(), Agreed(colours=0.3))
    assert areas is not None
    hands = [area for area in areas if not area.is_crowd]
    found = teacher.segment(rendered_hands())
    assert len(hands) == len(found.hands) == 2
    sides = {Side.LEFT: "left_hand", Side.RIGHT: "right_hand", Side.UNKNOWN: "hand"}
    assert sorted(area.label for area in hands) == sorted(sides[h.side] for h in found.hands)
    for area in hands:
        assert area.mask is not None
        assert not (area.mask & (found.mask() == 0)).any()


def test_what_one_teacher_alone_finds_is_unknown(teacher: Segmenter) -> None:
    other = _Shifted(teacher, 60, last_only=True)
    areas = distil([teacher, other], rendered_hands(), Agreed(colours=0.3))  # type: ignore[list-item]
    assert areas is not None
    assert [area.is_crowd for area in areas] == [False, True]
    missed = teacher.segment(rendered_hands()).hands[-1]
    unknown = areas[1].mask
    assert unknown is not None
    assert (unknown[missed.box.slices] & (missed.mask > 0)).sum() > 0.9 * (missed.mask > 0).sum()


def test_nothing_agreed_on_is_no_label_and_nothing_found_is_one(teacher: Segmenter) -> None:
    other = _Shifted(teacher, 200)
    assert distil([teacher, other], rendered_hands(), Agreed()) is None  # type: ignore[list-item]
    assert distil([teacher], rendered_hands(), Agreed(colours=1.0)) is None
    assert distil([teacher], np.zeros((96, 128, 3), np.uint8), Agreed()) == []


def test_a_folder_becomes_a_set_that_training_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copy(PICTURE, pictures / "hands.png")
    cv2.imwrite(str(pictures / "nothing.png"), np.zeros((96, 128, 3), np.uint8))
    (pictures / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "labels"
    command = ["distil", str(pictures), "--out", str(out), "--colours-agree", "0.3"]
    teachers = ["--model", "hands_fast", "--model", "hands"]
    assert main([*command, *teachers]) == 0
    printed = capsys.readouterr()
    assert "2 pictures with" in printed.out
    assert "1 picture(s) left out" in printed.err
    frames = {frame.name.rpartition("/")[2]: frame for frame in open_dataset(out)}
    assert set(frames) == {"hands", "nothing"}
    truth = frames["hands"].ground_truth
    assert truth is not None
    assert truth.mask.any()
    assert main([*command, *teachers]) == 1
    assert "--resume" in capsys.readouterr().err


def test_labels_do_not_go_on_with_another_teacher_of_the_same_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pictures").mkdir()
    shutil.copy(PICTURE, tmp_path / "pictures" / "hands.png")
    model, out = tmp_path / "teacher.onnx", tmp_path / "labels"
    command = ["distil", str(tmp_path / "pictures"), "--out", str(out), "--colours-agree", "0.3"]
    shutil.copy(find_model("hands_fast"), model)
    assert main([*command, "--model", str(model)]) == 0
    capsys.readouterr()
    (out / "annotations.json").unlink()
    shutil.copy(find_model("hands"), model)
    assert main([*command, "--model", str(model), "--resume"]) == 1
    printed = capsys.readouterr().err
    assert "was begun otherwise (teachers 'hands_fast " in printed
    assert ")', now 'hands " in printed


@pytest.mark.parametrize(
    ("more", "words"),
    [(["nowhere"], "does not exist"), ([".", "--model", "feet"], "no model named 'feet'")],
)
def test_bad_input_is_a_sentence(
    more: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["distil", *more, "--out", "out"]) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
