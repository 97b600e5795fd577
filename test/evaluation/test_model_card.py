"""Guards the model card's figures: each is that of one group and metric of a report."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.cli.main import main as handseg
from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.evaluation.contact_sheet import TARGET_COLOUR
from handseg_ros.evaluation.model_card import card_figures, main, measure_card
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter

STILL = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.png"
SPLIT = {
    f"{name}_hand_iou{kind}"
    for name in ("dev_ralf50", "dev_irllabs20", "hgr_held_out")
    for kind in ("", "_pooled")
} | {
    f"hand_free_{kind}_{figure}"
    for kind in ("all", "backgrounds", "people", "forearms")
    for figure in ("left_alone", "marked")
}


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load("hands")


def test_what_the_model_itself_finds_is_scored_as_right(
    rendered: Path, segmenter: Segmenter
) -> None:
    """The first scene's ground truth becomes what the model finds in a picture with hands."""
    picture = rendered / "images/0001_00000_0.jpg"
    cv2.imwrite(str(picture), read_picture(STILL))
    ids = segmenter.segment(read_picture(picture)).instances()
    levels = np.floor(ids * 25.5 + 0.5).astype(np.uint8)
    cv2.imwrite(str(rendered / "ids/0001_00000_0.png"), levels)
    figures = measure_card(segmenter, [rendered])
    perfect = ("hand_iou", "ap", "ap50", "ap75", "recall", "iou", "hand_free_left_alone")
    assert {figures[f"rendered_{name}"] for name in perfect} == {1.0}
    assert figures["rendered_hand_free_marked"] == 0
    assert figures["rendered_multi_ap50"] == 1
    assert figures["rendered_iou_tone_1_3"] == 1
    assert "rendered_recall_tone_7_10" not in figures


def _write(file: Path, image: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), image)


@pytest.fixture
def data(tmp_path: Path, segmenter: Segmenter) -> Path:
    """Return a folder of the project's data: one picture of each kind and what is left out."""
    still = read_picture(STILL)
    mask = segmenter.segment(still).mask()
    black, white = np.zeros_like(mask), np.full_like(mask, 255)
    for name in ("ralf50", "irllabs20"):
        folder = tmp_path / "dev" / name
        for stem, own in (("1", mask), ("2", black)):  # the second has no hand
            _write(folder / "images" / f"{stem}.png", still)
            _write(folder / "masks" / f"{stem}.png", own)
        _write(folder / "images" / "3.png", still)  # and this one no mask
    hgr = tmp_path / "masked" / "hgr"
    for person in ("id01", "id10"):
        stem = f"1_P_hgr1_{person}_1"
        _write(hgr / "images" / f"{stem}.jpg", still)
        half = mask.copy()
        half[: mask.shape[0] // 2] = 0
        _write(hgr / "mask_hand_derived" / f"{stem}.png", half)
        _write(hgr / "mask_skin_human" / f"{stem}.png", white)
    _write(tmp_path / "masked/ccp/images/1.jpg", still[:170] * 0)
    _write(tmp_path / "masked/ccp/masks/1.png", black[:170])
    _write(tmp_path / "backgrounds/rooms/1.jpg", still * 0)
    _write(tmp_path / "backgrounds/hall/1.png", still)  # "without hands", but they are there
    return tmp_path


def test_the_split_holds_every_kind_of_picture_and_people_that_training_never_sees(
    data: Path,
) -> None:
    frames = {frame.name: frame for frame in open_dataset(data)}
    assert [name for name in frames if not name.startswith("hand_free")] == [
        "dev_ralf50/1.png",
        "dev_irllabs20/1.png",
        "hgr_held_out/1_P_hgr1_id10_1.jpg",
    ]
    assert frames["hgr_held_out/1_P_hgr1_id10_1.jpg"].sequence == "hgr_held_out/id10"
    assert frames["dev_ralf50/1.png"].tags == {"set": "dev_ralf50"}
    kinds = [frame.tags["hand-free"] for frame in frames.values() if "hand-free" in frame.tags]
    assert sorted(set(kinds)) == ["backgrounds", "forearms", "people"]


def test_figures_of_the_split_are_those_of_its_parts(data: Path, segmenter: Segmenter) -> None:
    figures = measure_card(segmenter, [data])
    assert set(figures) <= SPLIT
    assert figures["dev_ralf50_hand_iou"] == figures["dev_irllabs20_hand_iou_pooled"] == 1
    assert 0 < figures["hgr_held_out_hand_iou"] < 1
    assert figures["hand_free_backgrounds_left_alone"] == 0.5
    assert figures["hand_free_backgrounds_marked"] == 0.5
    assert figures["hand_free_people_marked"] == 0


def test_the_command_line_prints_what_reports_hold(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("reports")
    out, sheet = folder / "out", folder / "sheet.png"
    asked = ["evaluate", str(rendered), "--out", str(out), "--failures", str(sheet)]
    assert handseg(asked) == 0
    capsys.readouterr()
    assert main([str(out / "scores.json")]) == 0
    lines = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    expected = card_figures(json.loads((out / "scores.json").read_bytes()))
    assert lines == {name: f"{value:.3f}" for name, value in expected.items()}
    assert lines["rendered_hand_iou"] == "0.000"  # grey pictures, in which nothing is found
    drawn = cv2.imread(str(sheet))
    assert drawn is not None
    assert (drawn == TARGET_COLOUR).all(axis=2).any()


def test_a_file_that_is_no_report_and_a_sheet_that_cannot_be_written_are_named(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("reports")
    file = folder / "other.json"
    file.write_text("[]")
    assert main([str(file)]) == 1
    assert "other.json' is no scores.json of an evaluation" in capsys.readouterr().err
    asked = ["evaluate", str(rendered), "--out", str(folder / "o"), "--failures", "sheet"]
    assert handseg(asked) == 1
    assert "sheet cannot be written: give a name that ends in .png" in capsys.readouterr().err


def test_missing_data_ends_with_a_sentence(data: Path) -> None:
    for file in (data / "dev/ralf50/images").iterdir():
        file.unlink()
    with pytest.raises(MediaError, match=r"ralf50/images holds no pictures: give the folder"):
        open_dataset(data)
