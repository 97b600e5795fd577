"""Guards that a training can start from a model file and begins with what the file answers."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training import config as config_module
from handseg_ros.training.config import load_config
from handseg_ros.training.describe import describe
from handseg_ros.training.export import export_model
from handseg_ros.training.network import MAPS, HandNetwork
from handseg_ros.training.warm_start import load_model_file


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (4, 6, 8, 3), dtype=np.uint8)
    return torch.from_numpy(coarse.repeat(16, axis=1).repeat(16, axis=2))


class FirstNetwork(HandNetwork):
    """The network of `hands` 0.1.0: the side is the fifth map of the heads behind the pyramid."""

    def __init__(self) -> None:
        super().__init__()
        self.heads[-1] = nn.Conv2d(32, len(MAPS), 1)
        del self.side

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        pixels = (image.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        maps: torch.Tensor = self.heads(self.decoder(self.encoder(pixels))) * self.scales
        return maps


def write_seen(network: HandNetwork, images: torch.Tensor, written: Path) -> Path:
    """Write the model file of a network whose normalisations have seen some pictures."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # a plain mean over the pictures seen
    with torch.no_grad():
        network.train()(images)
    configs = Path(config_module.__file__).parent / "configs"
    described = describe(load_config(configs / "hands.yaml"), {})
    # The exporter runs the network on a picture of this size: less to compute than the shipped one.
    small = replace(described, input=replace(described.input, width=64, height=64))
    export_model(network, small, written)
    return written


@pytest.fixture(scope="module")
def file(images: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(7)
    return write_seen(HandNetwork(), images, tmp_path_factory.mktemp("model") / "hands.onnx")


def test_the_network_answers_as_the_file_does(images: torch.Tensor, file: Path) -> None:
    network = HandNetwork()
    load_model_file(network, file, images)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"image": images[:1].numpy()})
    with torch.no_grad():
        evaluated = network.eval()(images)[:1].numpy()
        trained = network.train()(images)[:1].numpy()
    np.testing.assert_allclose(evaluated, expected, atol=0.01)
    # Batch statistics have one sample less in the denominator.
    np.testing.assert_allclose(trained, expected, atol=0.5)


def test_a_file_of_the_first_network_fills_all_but_the_side_head(
    images: torch.Tensor, tmp_path: Path
) -> None:
    torch.manual_seed(7)
    first = write_seen(FirstNetwork(), images, tmp_path / "first.onnx")
    network = HandNetwork()
    untouched = copy.deepcopy(network.side.state_dict())
    load_model_file(network, first, images)
    session = onnxruntime.InferenceSession(str(first), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"image": images[:1].numpy()})
    with torch.no_grad():
        answered = network.eval()(images)[:1].numpy()
    np.testing.assert_allclose(answered[:, :4], expected[:, :4], atol=0.01)
    for name, value in network.side.state_dict().items():
        assert torch.equal(value, untouched[name]), name


def test_another_network_and_a_broken_file_are_refused(
    images: torch.Tensor, file: Path, tmp_path: Path
) -> None:
    wider = HandNetwork(widths=(48, 48, 64, 96))
    with pytest.raises(ModelError, match=r"hands\.onnx holds another network"):
        load_model_file(wider, file, images)
    (tmp_path / "no.onnx").write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"no\.onnx cannot be read as ONNX"):
        load_model_file(HandNetwork(), tmp_path / "no.onnx", images)
