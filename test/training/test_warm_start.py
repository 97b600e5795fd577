"""Guards that a training can start from a model file and begins with what the file answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training import config as config_module
from handseg_ros.training.config import load_config
from handseg_ros.training.describe import describe
from handseg_ros.training.export import export_model
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.warm_start import load_model_file


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (4, 6, 8, 3), dtype=np.uint8)
    return torch.from_numpy(coarse.repeat(16, axis=1).repeat(16, axis=2))


@pytest.fixture(scope="module")
def file(images: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the model file of a network that has seen some pictures."""
    torch.manual_seed(7)
    network = HandNetwork()
    with torch.no_grad():
        for _ in range(20):
            network.train()(images)
    configs = Path(config_module.__file__).parent / "configs"
    written = tmp_path_factory.mktemp("model") / "hands.onnx"
    export_model(network, describe(load_config(configs / "hands.yaml"), {}), written)
    return written


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


def test_another_network_and_a_broken_file_are_refused(
    images: torch.Tensor, file: Path, tmp_path: Path
) -> None:
    wider = HandNetwork(widths=(48, 48, 64, 96))
    with pytest.raises(ModelError, match=r"hands\.onnx holds another network"):
        load_model_file(wider, file, images)
    (tmp_path / "no.onnx").write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"no\.onnx cannot be read as ONNX"):
        load_model_file(HandNetwork(), tmp_path / "no.onnx", images)
