"""Guards frames with backgrounds from their folders to a model that runs: `frame_background`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from support.view_sets import views_configuration, write_view_sets

from handseg_ros.cli.main import main
from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.checkpoint_file import write_model
from handseg_ros.training.config import load_config
from handseg_ros.training.labelled_samples import read_labelled
from handseg_ros.training.model_facts import model_facts

STEPS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with converted sets, `train` and `held_out`, and a run of them."""
    whole = tmp_path_factory.mktemp("views")
    for name, sets, seed in (("train", 8, 0), ("held_out", 3, 1)):
        source = write_view_sets(whole / f"{name}_sets", sets, 4, seed)
        convert = ["data", "convert", str(source), "--format", "frame-background"]
        assert main([*convert, "--out", str(whole / name)]) == 0
    content = views_configuration(whole / "train", whole / "held_out", STEPS)
    (whole / "views.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    train = ["train", str(whole / "views.yaml"), "--out", str(whole / "run")]
    assert main([*train, "--workers", "0", "--threads", "1"]) == 0
    return whole


def _iou(scores: Path, model: str) -> float:
    """Return the IoU of the only model whose name begins so."""
    figures = json.loads(scores.read_text())["groups"]["all"]["figures"]
    (own,) = (values for name, values in figures.items() if name.startswith(model))
    return float(own["iou"]["value"])


def test_it_learns_what_the_views_without_hands_tell(folder: Path) -> None:
    with (folder / "run" / "validation.csv").open() as table:
        losses = [float(row["validation"]) for row in csv.DictReader(table)]
    assert losses[-1] < 0.6 * losses[0]
    config = load_config(folder / "views.yaml")
    task, facts = config.task(), replace(model_facts(config), name="untrained")
    torch.manual_seed(0)
    task.export(task.build().eval(), task.describe(facts), folder / "untrained.onnx")
    models = ["--model", str(folder / "run" / "views.onnx")]
    models += ["--model", str(folder / "untrained.onnx")]
    # Each frame is compared with the background of its own view.
    out = folder / "evaluation"
    assert main(["evaluate", str(folder / "held_out"), *models, "--out", str(out)]) == 0
    assert _iou(out / "scores.json", "views") > 0.65
    assert _iou(out / "scores.json", "untrained") < 0.4


def _overlap(segmenter: Segmenter, folder: Path, background: Path) -> float:
    """Return the pooled IoU of one set's frames, compared with a background."""
    with_background = segmenter.with_background(read_picture(background))
    both = either = 0
    for file in sorted(folder.glob("*_mask.png")):
        frame = read_picture(file.with_name(file.name.replace("_mask", "")))
        found, known = with_background.segment(frame).mask() > 0, read_mask(file) > 0
        both, either = both + int((found & known).sum()), either + int((found | known).sum())
    return both / either


def test_the_file_compares_frames_with_the_background_that_it_is_given(folder: Path) -> None:
    segmenter = Segmenter.load(folder / "run" / "views.onnx")
    sets = folder / "held_out_sets"
    assert _overlap(segmenter, sets / "set0", sets / "set0" / "bkg.png") > 0.65
    assert _overlap(segmenter, sets / "set0", sets / "set1" / "bkg.png") < 0.5


def test_the_command_line_runs_it_on_one_frame(folder: Path, tmp_path: Path) -> None:
    own = folder / "held_out_sets" / "set1"
    out = tmp_path / "found.png"
    model = ["--model", str(folder / "run" / "views.onnx"), "--background", str(own / "bkg.png")]
    assert main(["run", str(own / "0.png"), *model, "-s", str(out)]) == 0
    found, known = read_mask(out) > 0, read_mask(own / "0_mask.png") > 0
    assert (found & known).sum() > 0.6 * (found | known).sum()


def test_the_best_weights_of_a_run_become_a_model_file(folder: Path, tmp_path: Path) -> None:
    write_model(folder / "run" / "best.pt", tmp_path / "best.onnx")
    written, made = (Segmenter.load(f) for f in (tmp_path / "best.onnx", folder / "run/views.onnx"))
    assert written.description == made.description
    own = folder / "held_out_sets" / "set2"
    masks = [
        each.with_background(read_picture(own / "bkg.png")).segment(read_picture(own / "1.png"))
        for each in (written, made)
    ]
    np.testing.assert_array_equal(masks[0].mask(), masks[1].mask())


def test_pictures_without_a_background_are_told_before_it_starts(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads((folder / "train" / "annotations.json").read_text())
    del content["images"][3]["background"]
    name = content["images"][3]["file_name"].removesuffix(".png")
    shutil.copytree(folder / "train" / "images", tmp_path / "images")
    (tmp_path / "some.json").write_text(json.dumps(content))
    config = views_configuration(tmp_path / "some.json", folder / "held_out", STEPS)
    (tmp_path / "views.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    train = ["train", str(tmp_path / "views.yaml"), "--out", str(tmp_path / "run")]
    assert main([*train, "--workers", "0"]) == 1
    told = capsys.readouterr().err
    assert f"1 pictures have no background to compare them with, the first is '{name}'" in told
    assert not (tmp_path / "run").exists()


def test_frames_of_one_view_share_their_background_in_memory(folder: Path) -> None:
    items = read_labelled(open_dataset(folder / "train")).items
    backgrounds = {id(item.packed.background) for item in items}
    assert len(items) == 8 * 5
    assert len(backgrounds) == 8
    sample = items[1].packed.unpack()
    assert sample.background is not None
    away = np.abs(sample.image.astype(int) - sample.background).max(axis=2) > 40
    # Outside of the blob both show the same.
    assert away[sample.hand].mean() > 0.5
    assert away[~sample.hand].mean() < 0.02
