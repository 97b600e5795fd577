"""Guards the default network as a task: its loss, weights of three kinds, and its model file."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.losses import hand_loss
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.networks.hands import load_folded
from handseg_ros.training.networks.registry import make_task
from handseg_ros.training.networks.task import ModelFacts
from handseg_ros.training.samples import Sample

TASK = make_task("hands", {"loss": {"side": 0.5}})
FACTS = ModelFacts("mine", "1", "MIT", "any", Thresholds(0.5, 0.5, 0.0), width=96, height=64)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Return two pictures, of which one has a hand."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 64, 96, 3)).astype(np.uint8)
    ids = np.zeros((64, 96), np.uint8)
    ids[20:50, 30:60] = 1
    return [Sample(images[0], ids, (Side.LEFT,)), Sample(images[1], ids * 0)]


@pytest.fixture(scope="module")
def network(samples: list[Sample]) -> HandNetwork:
    """Return a network with the statistics of pictures."""
    torch.manual_seed(0)
    network = TASK.build()
    assert isinstance(network, HandNetwork)
    (images,), _ = TASK.prepare(samples)
    with torch.no_grad():
        network.train()(images)
    return network.eval()


def test_its_loss_is_hand_loss(network: HandNetwork, samples: list[Sample]) -> None:
    inputs, targets = TASK.prepare(samples)
    parts = TASK.loss(network, inputs, targets)
    weights = TASK.config.loss  # type: ignore[attr-defined]
    total, _ = hand_loss(network(*inputs), targets["maps"], weights)
    assert weights.side == 0.5
    torch.testing.assert_close(torch.stack(list(parts.values())).sum(), total)


def test_every_weight_is_in_one_part(network: HandNetwork) -> None:
    parts = [weight for part in TASK.parts(network).values() for weight in part.parameters()]
    assert {id(weight) for weight in parts} == {id(weight) for weight in network.parameters()}
    assert len(parts) == len(list(network.parameters()))


def test_a_checkpoint_and_a_model_file_give_the_network_back(
    network: HandNetwork, samples: list[Sample], tmp_path: Path
) -> None:
    torch.save({"averaged": network.state_dict(), "step": 3}, tmp_path / "checkpoint.pt")
    TASK.export(network, TASK.describe(FACTS), tmp_path / "mine.onnx")
    (images,), _ = TASK.prepare(samples)
    wanted = network(images)
    for name in ("checkpoint.pt", "mine.onnx"):
        other = TASK.build()
        assert TASK.load(other, tmp_path / name, samples).fresh == ()
        spread = wanted.std()
        assert (other.eval()(images) - wanted).abs().max() < 0.1 * spread, name
    with pytest.raises(ModelError, match="lacks the statistics of pictures"):
        TASK.load(TASK.build(), tmp_path / "mine.onnx")
    assert Segmenter.load(tmp_path / "mine.onnx").description == TASK.describe(FACTS)


def test_a_file_that_is_not_the_network_s_gets_no_name(
    network: HandNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from handseg_ros.training.networks import hands

    def another(_: HandNetwork, description: object, file: Path) -> None:
        original(TASK.build().eval(), description, file)  # type: ignore[arg-type]

    original = hands.export_model
    monkeypatch.setattr(hands, "export_model", another)
    with pytest.raises(ModelError, match="differs from the network that it is of"):
        TASK.export(network, TASK.describe(FACTS), tmp_path / "mine.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_head_of_sides_of_another_size_comes_back_from_both_kinds_of_files(
    samples: list[Sample], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    larger = TASK.build()
    assert isinstance(larger, HandNetwork)
    larger.take_side_head(width=70, layers=2)
    (images,), _ = TASK.prepare(samples)
    with torch.no_grad():
        larger.train()(images)
        wanted = larger.eval()(images)
    torch.save({"averaged": larger.state_dict(), "step": 3}, tmp_path / "checkpoint.pt")
    TASK.export(larger, TASK.describe(FACTS), tmp_path / "mine.onnx")
    for name in ("checkpoint.pt", "mine.onnx"):
        other = TASK.build()
        assert TASK.load(other, tmp_path / name, samples).fresh == ()
        with torch.no_grad():
            found = other.eval()(images)
        assert (found - wanted).abs().max() < 0.1 * wanted.std(), name
        folded = HandNetwork()
        load_folded(folded, tmp_path / name)
        assert (folded.side.width, folded.side.layers) == (70, 2)
