"""Guards `handseg train CONFIG.yaml`: checked before it starts, watched, logged, gone on with."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
import yaml
from support.gloves import GLOVES, take_scenes
from support.toy_training import EXAMPLE, ToyPictures

from handseg_ros.cli.main import main
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.validation import BestLoss, letterboxed

TINY_DEEPLAB = {"name": "deeplabv3_resnet50", "width": 4}
ALONE = ("--workers", "0", "--threads", "1")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A configuration of four steps on five scenes of gloves."""
    folder = take_scenes(GLOVES, tmp_path_factory.mktemp("data") / "gloves", 5)
    whole = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    whole |= {"name": "tiny", "height": 64, "width": 96, "batch_size": 2}
    whole["schedule"] |= {"steps": 4, "warmup_steps": 1, "decay_steps": 2}
    whole["mix"]["weights"] = {"own": 0.7, "own_close": 0.3}
    whole["description"] |= {"width": 96, "height": 64}
    del whole["sources"], whole["loss"]
    whole["data"] = {"train": [str(folder)]}
    whole["validation"] = {"every": 2}
    return whole


def _write(content: dict[str, Any], folder: Path, **changes: Any) -> Path:
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({**content, **changes}), encoding="utf-8")
    return file


def test_a_configuration_becomes_a_model_and_a_folder_that_tells_of_it(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With steps and pictures a step as Human Segmentation's training takes them."""
    out = tmp_path / "run"
    longer = {**content["schedule"], "steps": 40, "warmup_steps": 10, "decay_steps": 20}
    file = _write(content, tmp_path, schedule=longer, batch_size=3)
    assert main(["train", str(file), "--out", str(out), *ALONE, "-i", "4", "-b", "2"]) == 0
    assert "tiny.onnx" in capsys.readouterr().out
    assert Segmenter.load(out / "tiny.onnx").description.input.width == 96
    record = json.loads((out / "run.json").read_text())
    assert record["config"]["batch_size"] == 2
    schedule = record["config"]["schedule"]
    assert [schedule[name] for name in ("steps", "warmup_steps", "decay_steps")] == [4, 1, 2]
    assert record["training"]
    assert record["held_out"]
    assert not set(record["training"]) & set(record["held_out"])
    assert len(record["data"][0]["sha256"]) == 64
    with (out / "validation.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(float(row["validation"]) > 0 for row in rows)
    assert list((out / "tensorboard").iterdir())
    best = torch.load(out / "best.pt", weights_only=True)
    assert best["step"] in (2, 4)


def test_a_float_model_becomes_one_of_8_bits(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = {"name": "hands_int8", "observed_steps": 2}
    file, out = _write(content, tmp_path, network=network), tmp_path / "run"
    command = ["train", str(file), *ALONE, "--out"]
    assert main([*command, str(tmp_path / "without")]) == 1
    assert "no float network to learn from: give a trained one" in capsys.readouterr().err
    assert main([*command, str(out), "--init", str(find_model("hands_fast"))]) == 0
    assert Segmenter.load(out / "tiny.onnx").description.family == "bottom_up"
    kinds = {node.op_type for node in onnx.load(str(out / "tiny.onnx")).graph.node}
    assert "QuantizeLinear" in kinds


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("width", 100, "'description.width' is 100, but must be a multiple of 32"),
        ("height", 9600, "'description.height' is 9600"),
        ("name", "", "'description.name' is ''"),
    ],
)
def test_what_the_model_file_could_not_say_is_told_before_anything_is_trained(
    field: str,
    value: object,
    words: str,
    content: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = _write(content, tmp_path, description={**content["description"], field: value})
    assert main(["train", str(file), "--out", str(tmp_path / "run"), *ALONE]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": {"name": "resnet"}}, "'network.name' is 'resnet'"),
        ({"network": {"name": "hands", "depth": 3}}, "depth"),
        ({"network": {"name": "frame_background"}}, "no background to compare them with"),
        ({"optimisation": {"acumulation": 2}}, "acumulation"),
        ({"optimisation": {"accumulation": 3}}, "no 3 parts"),
        ({"validation": {"every": 0}}, "every"),
        ({"data": {"train": []}}, "data.train"),
        ({"data": {"train": ["nowhere"]}}, "nowhere"),
        ({"data": None}, "names no labelled sets"),
        ({"name": "other/mine"}, "has the name 'other/mine', which cannot be"),
        ({"name": ""}, "has the name '', which cannot be"),
        ({"batch_size": 1, "network": TINY_DEEPLAB}, "a part of one picture"),
        ({"frozen_stages": 2, "network": TINY_DEEPLAB}, "'frozen_stages', which would change noth"),
        ({"fold_batch_norm": True, "network": TINY_DEEPLAB}, "only 'hands' has it"),
        ({"loss": {"mask": 2.0}, "network": {"name": "hands_int8"}}, "has 'loss', which would"),
        ({"mix": {"weights": {"own": 1.0, "backgrounds": 0.3}}}, "'mix.weights.backgrounds'"),
        (
            {"data": {"train": ["one"], "validation": "other", "split_by": "person"}},
            "'data.split_by', which would change nothing, as nothing is held out",
        ),
    ],
)
def test_a_wrong_configuration_is_told_before_anything_starts(
    changes: dict[str, Any],
    words: str,
    content: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = _write(content, tmp_path, **changes), tmp_path / "run"
    assert main(["train", str(file), "--out", str(out), *ALONE]) == 1
    assert words in capsys.readouterr().err
    assert not (out / "checkpoint.pt").exists()


def test_what_of_the_data_is_of_no_use_is_told(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled = tmp_path / "set"
    for number in range(4):
        for part in ("images", "masks"):
            (labelled / part).mkdir(parents=True, exist_ok=True)
            picture = np.full((40, 60), number % 2, np.uint8) * (part == "images")
            cv2.imwrite(str(labelled / part / f"{number}.png"), picture)
    (labelled / "masks" / "3.png").write_bytes(b"nothing")
    file = _write(content, tmp_path, data={"train": [str(labelled)]}, validation={"every": 9})
    assert main(["train", str(file), "--out", str(tmp_path / "run"), *ALONE]) == 0
    told = capsys.readouterr().err
    assert "1 pictures of 'set' cannot be used: left out" in told
    assert "no person, source or sequence is told apart in 'set', so that its end" in told
    assert "1 pictures that watch under another name: not learned from" in told
    assert "no picture to learn from has a labelled hand" in told


def test_weights_that_are_lost_end_the_run_and_leave_the_last_checkpoint(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = {**content["schedule"], "learning_rate": 1e30}
    file = _write(content, tmp_path, schedule=schedule, network=TINY_DEEPLAB)
    assert main(["train", str(file), "--out", str(tmp_path / "run"), *ALONE]) == 1
    told = capsys.readouterr().err
    assert "the weights are no numbers any more at step 4 of 'tiny': train with a lower" in told
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_damaged_checkpoint_is_told(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(_write(content, tmp_path)), "--out", str(tmp_path / "run"), *ALONE]
    assert main(command) == 0
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert main(command) == 1
    assert "its checkpoint.pt is damaged: take that away" in capsys.readouterr().err


def test_options_of_fine_tuning_and_a_configuration_exclude_each_other(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(_write(content, tmp_path)), "--rate", "0.3"]) == 2
    assert "--rate and CONFIG.yaml exclude each other" in capsys.readouterr().err


def test_it_ends_early_where_the_loss_does_not_fall() -> None:
    best = BestLoss()
    assert [best.take(loss, step) for step, loss in enumerate((3.0, 2.0, 2.5, 2.1))] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (best.loss, best.step, best.missed) == (2.0, 1, 2)


def test_validation_sees_the_whole_picture() -> None:
    sample = ToyPictures().make(3, (64, 128))
    sample = replace(sample, background=sample.image[:, ::-1].copy())
    fitted = letterboxed(sample, (64, 64))
    assert fitted.background is not None
    np.testing.assert_array_equal(fitted.background[:32, ::-1], fitted.image[:32])
    assert (fitted.background[32:] == 114).all()
    assert fitted.image.shape == (64, 64, 3)
    assert abs(int((fitted.ids == 1).sum()) * 4 - int((sample.ids == 1).sum())) < 40
    assert (fitted.image[32:] == 114).all()
    assert not fitted.ids[32:].any()
