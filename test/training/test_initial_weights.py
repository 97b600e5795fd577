"""Guards what a training starts from: torchvision's files, an earlier run, a file; in words."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from support.checkout import ROOT
from support.gloves import GLOVES, take_scenes
from support.keras_files import write_mobilenet_v2
from support.toy_training import EXAMPLE, toy_config

from handseg_ros.cli.main import main
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.initial_weights import find_initial_weights
from handseg_ros.training.networks.published_weights import PUBLISHED
from handseg_ros.training.networks.registry import NETWORKS, make_task

UNET = {"name": "unet_mobilenetv2"}
DEEPLAB = {"name": "deeplabv3_resnet50", "width": 8}
MASK_RCNN = {"name": "maskrcnn_resnet50_fpn"}


@pytest.fixture(autouse=True)
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return torch's own folder of downloads, a new one."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def _config(init: str, folder: Path | str = "", network: Any = MASK_RCNN) -> TrainingConfig:
    return replace(toy_config(2), network=network, initial_weights=init, weights_folder=str(folder))


def _run(folder: Path, network: Any, *files: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"config": {"network": network}, "start": ""}))
    for name in files:
        (folder / name).write_bytes(name.encode())
    return folder


def _found(config: TrainingConfig, out: Path) -> Path:
    found = find_initial_weights(config, out)
    assert found is not None
    return found.file


def test_published_names_are_of_networks_that_there_are_and_in_the_page() -> None:
    assert set(PUBLISHED) <= set(NETWORKS)
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    files = {file for own in PUBLISHED.values() for some in own.values() for file in some}
    assert {file for file in files if f"`{file}`" not in page} == set()


def test_torchvision_s_files_are_found_in_the_named_folder_then_in_torch_s(
    tmp_path: Path, downloads: Path
) -> None:
    (downloads / "resnet50-11ad3fa6.pth").write_bytes(b"new recipe")
    assert _found(_config("imagenet", tmp_path / "mine"), tmp_path / "run").parent == downloads
    own = tmp_path / "mine" / "resnet50-0676ba61.pth"
    own.parent.mkdir()
    own.write_bytes(b"first recipe")
    assert _found(_config("imagenet", tmp_path / "mine"), tmp_path / "run") == own
    assert find_initial_weights(_config(""), tmp_path / "run") is None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (_config("coco"), "a file 'maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth', are not in '"),
        (_config("coco", "mine"), "are not in 'mine' nor in '"),
        (_config("coco", network={"name": "maskrcnn_resnet101_fpn"}), "give 'imagenet', 'last' or"),
        (_config("imagenet", network={"name": "frame_background"}), "published no weights"),
        (_config("last"), "has no run of 'maskrcnn_resnet50_fpn' with a checkpoint"),
        (_config("nowhere.pth"), "weights nowhere.pth cannot be read"),
    ],
)
def test_what_is_missing_is_named_with_where_it_belongs(
    config: TrainingConfig, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError) as told:
        find_initial_weights(config, tmp_path / "runs" / "new")
    assert words in str(told.value)


def test_last_is_the_newest_run_of_this_network_beside_the_new_one(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    _run(runs / "other", UNET, "checkpoint.pt")
    old = _run(runs / "old", MASK_RCNN, "checkpoint.pt", "best.pt")
    newer = _run(runs / "newer", MASK_RCNN, "checkpoint.pt")
    own = _run(runs / "own", MASK_RCNN, "checkpoint.pt")
    _run(runs / "empty", MASK_RCNN)
    for number, folder in enumerate((old, newer, runs / "other", own)):
        os.utime(folder / "checkpoint.pt", (number, number))
    assert _found(_config("last"), own) == newer / "checkpoint.pt"
    os.utime(old / "checkpoint.pt", (9, 9))
    assert _found(_config("last"), own) == old / "best.pt"
    assert _found(_config(str(newer)), own) == newer / "checkpoint.pt"
    with pytest.raises(ModelError, match=r"neither best.pt nor checkpoint.pt"):
        find_initial_weights(_config(str(runs / "empty")), own)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a configuration of two steps of a narrow DeepLabV3."""
    scenes = take_scenes(GLOVES, tmp_path / "gloves", 3)
    whole = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    whole |= {"name": "tiny", "height": 32, "width": 32, "batch_size": 2, "network": DEEPLAB}
    whole["schedule"] |= {"steps": 2, "warmup_steps": 1, "decay_steps": 1, "learning_rate": 1e-6}
    whole["mix"]["weights"] = {"own": 1.0}
    whole["description"] |= {"width": 32, "height": 32}
    del whole["sources"], whole["loss"]
    whole["data"] = {"train": [str(scenes)]}
    whole["validation"] = {"every": 1}
    config = tmp_path / "deeplab.yaml"
    config.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return config


def _train(file: Path, out: Path, *options: str) -> int:
    return main(["train", str(file), "--out", str(out), "--workers", "0", *options])


def test_the_option_starts_a_run_and_the_run_tells_from_what(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(5)
    body = make_task("deeplabv3_resnet50", {"width": 8}).build().get_submodule("backbone")
    encoder = body.state_dict()
    published = tmp_path / "weights" / "resnet50-0676ba61.pth"
    published.parent.mkdir()
    torch.save(encoder, published)
    folder = ["--weights-folder", str(published.parent)]
    first = tmp_path / "runs" / "first"
    assert _train(file, first, "--init", "imagenet", *folder) == 0
    record = json.loads((first / "run.json").read_text())
    assert record["start"].startswith("imagenet: resnet50-0676ba61.pth, sha256 ")
    assert record["config"]["initial_weights"] == "imagenet"
    learnt = torch.load(first / "best.pt", weights_only=True)["averaged"]
    name, value = next((n, v) for n, v in encoder.items() if v.ndim == 4)
    torch.testing.assert_close(learnt[f"backbone.{name}"], value, atol=1e-4, rtol=0)
    # It goes on without the file, which the checkpoint stands for.
    published.unlink()
    assert _train(file, first, "--init", "imagenet") == 0
    assert json.loads((first / "run.json").read_text())["start"] == record["start"]
    assert "begin untrained" in capsys.readouterr().err
    second = tmp_path / "runs" / "second"
    assert _train(file, second, "--init", "last") == 0
    assert json.loads((second / "run.json").read_text())["start"].startswith("last: best.pt")
    assert "begin untrained" not in capsys.readouterr().err
    other = torch.load(second / "best.pt", weights_only=True)["averaged"]
    torch.testing.assert_close(other[f"backbone.{name}"], value, atol=1e-4, rtol=0)


def test_nothing_starts_where_the_file_is_missing(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(file, tmp_path / "run", "--init", "imagenet") == 1
    told = capsys.readouterr().err
    assert "'resnet50-0676ba61.pth' or 'resnet50-19c8e357.pth'" in told
    assert "nothing is downloaded" in told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--init", "--weights-folder"])
def test_fine_tuning_has_a_model_to_start_from(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--finetune", "hands", "--data", "x.json", option, "coco"]) == 2
    assert f"{option} is for CONFIG.yaml" in capsys.readouterr().err


@pytest.mark.slow
def test_keras_weights_start_a_run_in_their_arithmetic(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**content, "network": {**UNET, "encoder": "keras"}}))
    written = write_mobilenet_v2(tmp_path / "keras.h5")
    out = tmp_path / "runs" / "first"
    assert _train(file, out, "--init", str(tmp_path / "keras.h5")) == 0
    assert "Conv_1/kernel" in capsys.readouterr().err
    assert "keras.h5, sha256 " in json.loads((out / "run.json").read_text())["start"]
    learnt = torch.load(out / "best.pt", weights_only=True)["averaged"]
    expected = torch.from_numpy(written["Conv1/kernel"]).permute(3, 2, 0, 1)
    torch.testing.assert_close(learnt["encoder.features.0.0.weight"], expected, rtol=0, atol=1e-3)
