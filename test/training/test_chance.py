"""Guards that chance in a network, as dropout, is of seed and step: stopped runs go on whole."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from support.toy_training import SIZE, ToyPictures, toy_config

from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.processes import Processes
from handseg_ros.training.trainer import Trainer
from handseg_ros.training.validation import Validation, ValidationConfig

MASK_RCNN = {"name": "maskrcnn_resnet50_fpn", "width": 4, "pyramid_width": 8, "box_width": 16}
NETWORKS = [{"name": "deeplabv3_resnet50", "width": 4}, MASK_RCNN]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _config(network: dict[str, Any]) -> TrainingConfig:
    return replace(toy_config(3), network=network, batch_size=2)


def _validation(config: TrainingConfig) -> Validation:
    pictures = [ToyPictures().make(number) for number in range(2)]
    return Validation(ValidationConfig(every=1), config.task(), pictures, SIZE)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: str(network["name"]))
def test_an_interrupted_run_gives_what_an_uninterrupted_one_gives(
    network: dict[str, Any], tmp_path: Path
) -> None:
    config = _config(network)
    whole = Trainer(config, tmp_path / "whole")
    whole.train(ToyPictures(), workers=0, validation=_validation(config))

    Trainer(config, tmp_path / "parts").train(ToyPictures(), workers=0, until=1)
    continued = Trainer(config, tmp_path / "parts")
    continued.train(ToyPictures(), workers=0)
    for name, weight in whole.network.state_dict().items():
        torch.testing.assert_close(continued.network.state_dict()[name], weight, msg=name)


def test_the_same_weights_have_the_same_loss_each_time() -> None:
    config = _config(MASK_RCNN)
    torch.manual_seed(1)
    network, validation = config.task().build(), _validation(config)
    first, second = (validation.losses(network, Processes()) for _ in range(2))
    assert first == second
