"""Guards the model file: same answers as the network, float16 inside, its description with it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from handseg_ros.cli.main import main
from handseg_ros.segmentation.description import METADATA_KEY, parse_description
from handseg_ros.training import config as config_module
from handseg_ros.training.config import load_config
from handseg_ros.training.describe import describe
from handseg_ros.training.export import IR_VERSION, OPSET, export_model, rewrite_description
from handseg_ros.training.network import MAPS, HandNetwork

SHIPPED = Path(config_module.__file__).parent / "configs" / "hands.yaml"


@pytest.fixture(scope="module")
def network() -> HandNetwork:
    """Return a network with the statistics of a few pictures, as after training."""
    torch.manual_seed(0)
    network = HandNetwork().train()
    with torch.no_grad():
        for _ in range(4):
            network(torch.randint(0, 256, (4, 64, 96, 3), dtype=torch.uint8))
    return network.eval()


@pytest.fixture(scope="module")
def model(network: HandNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("export") / "hands.onnx"
    export_model(network, describe(load_config(SHIPPED), {}), file)
    return file


@pytest.mark.parametrize("size", [(64, 96), (224, 288), (256, 320)])
def test_the_file_answers_what_the_network_answers(
    network: HandNetwork, model: Path, size: tuple[int, int]
) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, *size, 3)).astype(np.uint8)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (found,) = session.run(["maps"], {"image": image})
    with torch.no_grad():
        wanted = network(torch.from_numpy(image)).numpy()
    assert found.shape == (1, len(MAPS), size[0] // 4, size[1] // 4)
    assert found.dtype == np.float32
    spread = wanted.std(axis=(0, 2, 3), keepdims=True)
    assert np.abs((found - wanted) / spread).max() < 0.05


def test_weights_are_float16_and_the_file_is_small(model: Path) -> None:
    graph = onnx.load(str(model))
    kinds = [item.data_type for item in graph.graph.initializer]
    assert kinds.count(onnx.TensorProto.FLOAT16) > 40
    assert model.stat().st_size < 8e6
    assert graph.ir_version == IR_VERSION
    assert graph.opset_import[0].version == OPSET


def test_no_padding_is_left_outside_convolutions(model: Path) -> None:
    kinds = {node.op_type for node in onnx.load(str(model)).graph.node}
    assert "Pad" not in kinds
    assert "BatchNormalization" not in kinds


def test_the_description_is_inside_and_can_be_replaced(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(model.read_bytes())
    other = describe(load_config(SHIPPED), {"dev_iou": 0.7})
    rewrite_description(copy, other)
    (prop,) = onnx.load(str(copy)).metadata_props
    assert prop.key == METADATA_KEY
    assert parse_description(prop.value, "copy") == other


def test_the_network_stays_within_its_budget(network: HandNetwork) -> None:
    assert sum(weight.numel() for weight in network.parameters()) < 5_000_000


def test_a_checkpoint_alone_becomes_a_file_of_single_hands(
    network: HandNetwork, tmp_path: Path
) -> None:
    config = asdict(load_config(SHIPPED))
    checkpoint = tmp_path / "checkpoint.pt"
    torch.save({"averaged": network.state_dict(), "config": config}, checkpoint)
    file = tmp_path / "hands.onnx"
    arguments = ["--model", str(checkpoint), "--width", "64", "--height", "64", "--instances"]
    assert main(["export", *arguments, "--output", str(file)]) == 0
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    assert session.get_outputs()[0].name == "rois"
