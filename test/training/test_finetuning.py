"""Guards `handseg train --finetune`: from a labelled set to a judged model file, at toy size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.bags import image_entry, stamp_of, write_bag
from support.gloves import GLOVES, MIX, take_scenes
from support.labelled import clip_frames

from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.finetuning.data import read_data
from handseg_ros.training.finetuning.request import FineTuningRequest
from handseg_ros.training.networks.hands import HandsTask
from handseg_ros.training.step_batches import Parts
from handseg_ros.training.trainer import Trainer

TINY = ("--size", "96x64", "--batch-size", "2", "--workers", "0", "--threads", "1")


@pytest.fixture(scope="module")
def gloves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes with gloved hands."""
    return take_scenes(GLOVES, tmp_path_factory.mktemp("gloves") / "gloves", 6)


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three other scenes."""
    return take_scenes(MIX, tmp_path_factory.mktemp("mix") / "mix", 3)


@pytest.fixture(scope="module")
def command(gloves: Path, mix: Path) -> Callable[..., list[str]]:
    """Return the command of a tiny fine-tuning into a folder."""

    def make(out: Path, *more: str) -> list[str]:
        chosen = ["--finetune", "hands_fast", "--data", str(gloves), "--mix", str(mix)]
        return ["train", *chosen, "--out", str(out), *TINY, *more]

    return make


def test_three_commands_end_in_a_model_that_runs_and_a_report(
    command: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(command(out, "--steps", "3", "--name", "mine")) == 0
    printed = capsys.readouterr()
    assert "before" in printed.out
    assert "after" in printed.out
    assert "held out" in printed.out
    model = Segmenter.load(out / "mine.onnx")
    told = model.description
    assert (told.name, told.input.width, told.input.height) == ("mine", 96, 64)
    assert told.training_data[-1]["name"] == "gloves"
    assert told.scores == {}

    record = json.loads((out / "run.json").read_text())
    scenes = [
        {name.rpartition("_")[0] for name in record[part]} for part in ("training", "held_out")
    ]
    assert scenes[0]
    assert scenes[1]
    assert not scenes[0] & scenes[1]
    assert record["split_by"] == "sequence"
    assert record["made_by"]["packages"]["torch"].startswith(torch.__version__.partition("+")[0])
    for folder, least in (("evaluation", 1), ("remembered", 1)):
        scores = json.loads((out / folder / "scores.json").read_text())
        assert [item["name"] for item in scores["models"]] == ["hands_fast", "mine"]
        assert scores["set"]["labelled"] >= least
        judged = {item["name"] for item in (*scores["frames"], *scores["hand_free_frames"])}
        assert not judged & set(record["training"])
    assert "data:image/jpeg" in (out / "evaluation" / "report.html").read_text()
    assert not list(out.glob(".*partial*"))


def test_ctrl_c_saves_the_step_at_hand_and_it_goes_on_with_the_same_data_alone(
    command: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = tmp_path / "parts"

    step = Trainer._train_step

    def interrupted(trainer: Trainer, given: Parts) -> dict[str, torch.Tensor]:
        os.kill(os.getpid(), signal.SIGINT)
        return step(trainer, given)

    with monkeypatch.context() as context:
        context.setattr(Trainer, "_train_step", interrupted)
        assert main(command(parts, "--steps", "4")) == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert not list(parts.glob("*.onnx"))
    assert torch.load(parts / "checkpoint.pt", weights_only=True)["step"] == 1
    assert main(command(parts, "--steps", "4")) == 0
    assert (parts / "hands_fast_finetuned.onnx").exists()
    assert torch.load(parts / "checkpoint.pt", weights_only=True)["step"] == 4

    capsys.readouterr()
    assert main(command(parts, "--steps", "4", "--rate", "0.001")) == 1
    assert "learning_rate" in capsys.readouterr().err
    assert main(command(parts, "--steps", "4", "--held-out-share", "0.5")) == 1
    assert "begun with other training and held_out" in capsys.readouterr().err


def test_what_was_learned_from_does_not_judge(
    command: Callable[..., list[str]],
    gloves: Path,
    mix: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(command(tmp_path / "run", "--held-out", str(gloves))) == 1
    told = capsys.readouterr().err
    assert "not judged by what it learned from" in told
    assert not (tmp_path / "run").exists()

    other = tmp_path / "other"
    shutil.copytree(mix, other)
    one = next((gloves / "images").iterdir())
    for part in ("images", "ids"):
        file = gloves / part / (one.stem + (".jpg" if part == "images" else ".png"))
        shutil.copy(file, other / part / f"9999_00000_0{file.suffix}")
    facts = gloves / "facts" / f"{one.stem.rpartition('_')[0]}.json"
    shutil.copy(facts, other / "facts" / "9999_00000.json")
    assert main(command(tmp_path / "run", "--held-out", str(other))) == 1
    assert "1 pictures of 'other' are in 'gloves' too" in capsys.readouterr().err


def test_bad_input_is_a_sentence(
    command: Callable[..., list[str]],
    gloves: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(*more: str) -> str:
        assert main(command(tmp_path / "run", *more)) in (1, 2)
        told = capsys.readouterr().err
        assert "Traceback" not in told
        return told

    assert "does not exist" in refused("--data", str(tmp_path / "nowhere"))
    assert "there is no model named 'feet'" in refused("--finetune", "feet")
    assert "multiple of 32" in refused("--size", "100x64")
    assert "WIDTHxHEIGHT" in refused("--size", "large")
    assert "exclude each other" in refused("--held-out", str(gloves), "--split-by", "person")
    assert "none can be held out by person" in refused("--split-by", "person")
    assert "letters" in refused("--name", "a/b")
    assert not (tmp_path / "run").exists()

    (tmp_path / "run" / "evaluation").mkdir(parents=True)
    assert "holds something already" in refused("--steps", "1")
    assert (tmp_path / "run" / "evaluation").is_dir()
    (tmp_path / "feet.json").write_text(
        json.dumps({"images": [], "annotations": [], "categories": [{"id": 1, "name": "foot"}]})
    )
    assert "none of the categories hand" in refused("--data", str(tmp_path / "feet.json"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            RuntimeError("[enforce fail at alloc] DefaultCPUAllocator: can't allocate memory"),
            "memory",
        ),
        (MemoryError(), "memory is full at step 0"),
    ],
)
def test_a_full_memory_is_told(
    error: Exception,
    words: str,
    command: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(HandsTask, "loss", full)
    assert main(command(tmp_path / "run")) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(
    command: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(_state: object, file: Path) -> None:
        file.write_bytes(b"half of it")
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setattr(torch, "save", full)
    assert main(command(tmp_path / "run", "--steps", "1")) == 1
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "make space" in told
    assert [item.name for item in (tmp_path / "run").iterdir()] == ["run.json"]


def test_labels_that_nobody_corrected_are_told(
    mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What label-bag writes goes straight in."""
    frames = [
        image_entry("/camera", stamp_of(number), image)
        for number, image in enumerate(clip_frames(6))
    ]
    bag = write_bag(tmp_path / "bag", frames)
    labels = tmp_path / "labels"
    assert main(["label-bag", str(bag), str(labels), "--every", "1", "--model", "hands_fast"]) == 0
    request = FineTuningRequest("hands_fast", labels / "annotations.json", tmp_path, mix=(mix,))
    data = read_data(request, 640)
    assert any("6 labels of 'annotations' are a model's own" in note for note in data.notes)
    assert (data.split_by, len(data.names[0]), len(data.names[1])) == ("order", 5, 1)
