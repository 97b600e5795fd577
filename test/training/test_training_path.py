"""Guards the whole path on tiny pictures: train, stop, go on, export, find hands, score."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training import trainer as trainer_module
from handseg_ros.training.__main__ import main
from handseg_ros.training.config import ConfigError, TrainingConfig, load_config
from handseg_ros.training.data_sources import load_training_set
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.trainer import Trainer

EXAMPLE = Path(__file__).parent / "example.yaml"
STEPS = 60


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory, tiny_sources: tuple[str, ...]) -> Path:
    """Return the shipped configuration, made small."""
    content = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    content |= {"height": 96, "width": 128, "batch_size": 4}
    content["schedule"] |= {
        "steps": STEPS, "warmup_steps": 10, "decay_steps": 20, "ema_decay": 0.9,
    }  # fmt: skip
    content["mix"] |= {"weights": {"rendered": 0.6, "hgr": 0.2, "backgrounds": 0.2}}
    content["mix"]["mosaic"] = 0.0
    content["sources"] = list(tiny_sources)
    file = tmp_path_factory.mktemp("configuration") / "tiny.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep tiny steps from waiting for each other's threads on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_from_pictures_to_a_model_file_that_finds_hands(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    run, model = tmp_path / "run", tmp_path / "hands.onnx"
    data = ["--data", str(tiny_data)]
    rendered = ["--rendered", str(tiny_data / "rendered")]
    alone = ["--workers", "0", "--threads", "1"]
    assert main(["train", str(configuration), str(run), *data, *rendered, *alone]) == 0
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == STEPS
    assert log[-1]["loss"] < 0.7 * log[0]["loss"]

    checkpoint = ["--checkpoint", str(run / "checkpoint.pt")]
    assert main(["export", str(configuration), str(model), *checkpoint]) == 0
    segmenter = Segmenter.load(model)
    picture = read_picture(tiny_data / "rendered/images/2.jpg")
    known = read_mask(tiny_data / "rendered/ids/2.png")
    found = segmenter.segment(picture, Thresholds(score=0.0, mask=0.5, minimum_area=0.0))
    assert overlap(found.mask(), known).iou > 0.5

    labels = ["--labels", str(tmp_path / "labels")]
    named = ["--model", str(model)]
    assert main(["label", str(configuration), labels[1], *data, *named]) == 0
    fine, start = str(tmp_path / "fine"), ["--start", str(model), "--until", "10"]
    arguments = [*data, *rendered, *labels, *start, *alone]
    assert main(["train", str(configuration), fine, *arguments]) == 0
    continued = json.loads((tmp_path / "fine/log.jsonl").read_text().splitlines()[-1])
    assert continued["loss"] < 0.9 * log[0]["loss"]

    assert main(["score", str(configuration), str(model), *data]) == 0
    scores = Segmenter.load(model).description.scores
    assert {"dev_ralf50_hand_iou", "hgr_held_out_hand_iou", "hand_free_all_marked"} <= set(scores)
    assert 0 <= min(scores.values()) <= max(scores.values()) <= 1


@pytest.mark.slow
def test_an_interrupted_run_gives_what_an_uninterrupted_one_gives(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    config = load_config(configuration)
    config = replace(
        config,
        schedule=replace(config.schedule, steps=4),
        scales={"96x64": 1.0, "128x96": 1.0},
        fold_batch_norm=True,
    )
    generator = _sample_generator(config, tiny_data)
    whole = Trainer(config, tmp_path / "whole")
    whole.train(generator, workers=0)

    Trainer(config, tmp_path / "parts").train(generator, workers=0, until=2)
    continued = Trainer(config, tmp_path / "parts")
    assert continued.step == 2
    continued.train(generator, workers=0)
    for name, weight in whole.ema.state_dict().items():
        torch.testing.assert_close(continued.ema.state_dict()[name], weight, msg=name)


def test_a_run_does_not_go_on_with_another_configuration(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    config = load_config(configuration)
    Trainer(config, tmp_path).train(_sample_generator(config, tiny_data), workers=0, until=1)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(ConfigError, match="'fold_batch_norm' was False and is True"):
        Trainer(replace(config, fold_batch_norm=True), tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    longer = replace(config, schedule=replace(config.schedule, steps=2 * STEPS))
    assert Trainer(longer, tmp_path).step == 1


def test_a_checkpoint_whose_groups_have_no_multipliers_is_gone_on_with(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    """Their name was another one once."""
    config = load_config(configuration)
    Trainer(config, tmp_path).train(_sample_generator(config, tiny_data), workers=0, until=1)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    for group in state["optimizer"]["param_groups"]:
        group["share"] = group.pop("lr_multiplier")
    torch.save(state, tmp_path / "checkpoint.pt")
    again = Trainer(config, tmp_path)
    again.train(_sample_generator(config, tiny_data), workers=0, until=2)
    assert {group["lr_multiplier"] for group in again.optimizer.param_groups} == {0.5, 1.0, 3.0}


def test_a_slow_run_saves_by_the_clock(
    configuration: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(configuration)
    trainer = Trainer(config, tmp_path / "run")
    saved: list[int] = []
    monkeypatch.setattr(trainer, "_save", lambda: saved.append(trainer.step))
    monkeypatch.setattr(trainer_module, "CHECKPOINT_SECONDS", 0.0)
    trainer.train(_sample_generator(config, tiny_data), workers=0, until=2)
    assert saved == [1, 2]


def test_frozen_stages_keep_their_weights_and_the_others_learn(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    config = replace(load_config(configuration), fold_batch_norm=True, frozen_stages=2)
    trainer = Trainer(config, tmp_path / "run")
    before = copy.deepcopy(trainer.network.state_dict())
    trainer.train(_sample_generator(config, tiny_data), workers=0, until=1)
    kept = {
        name for name, weight in trainer.network.state_dict().items()
        if torch.equal(weight, before[name])
    }  # fmt: skip
    stages = ("encoder.stem", "encoder.stages.0", "encoder.stages.1")
    assert {name for name in before if name.startswith(stages)} <= kept
    assert "encoder.stages.2.0.layers.0.conv.weight" not in kept
    assert "decoder.laterals.0.0.weight" not in kept


def test_the_sheet_shows_pictures_above_their_targets(
    configuration: Path, tiny_data: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(["sheet", str(configuration), str(sheet), "--data", str(tiny_data)]) == 0
    image = read_picture(sheet)
    assert image.shape == (6 * 2 * 96, 6 * 128, 3)
    assert image.std() > 20


def test_bad_data_and_configuration_end_with_a_sentence(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    assert main(["train", str(configuration), run, "--data", str(tmp_path)]) == 1
    assert "holds no pictures" in capsys.readouterr().err
    assert main(["train", str(tmp_path / "no.yaml"), run, "--data", str(tmp_path)]) == 1
    assert "no.yaml" in capsys.readouterr().err


def test_the_weights_that_a_configuration_names_are_those_that_a_training_starts_from(
    configuration: Path, tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = yaml.safe_load(configuration.read_text("utf-8"))
    named["initial_weights"] = str(tmp_path / "lacking.onnx")
    file = tmp_path / "named.yaml"
    file.write_text(yaml.safe_dump(named), "utf-8")
    words = ["train", str(file), str(tmp_path / "run"), "--data", str(tiny_data)]
    assert main(words) == 1
    assert "lacking.onnx cannot be read" in capsys.readouterr().err
    assert main([*words, "--start", str(tmp_path / "another.onnx")]) == 1
    assert "another.onnx cannot be read" in capsys.readouterr().err


def _sample_generator(config: TrainingConfig, data: Path) -> SampleGenerator:
    training_set = load_training_set(data, [data / "rendered"], config.sources)
    return SampleGenerator(training_set, config.mix, (config.height, config.width), config.seed)
