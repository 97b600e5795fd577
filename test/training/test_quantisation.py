"""Guards training in 8 bits: what is rounded how, the file that comes out, and going on with it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from support.toy_training import ToyPictures, toy_config
from torch import Tensor

from handseg_ros.cli.main import main
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.checkpoint_file import write_model
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.describe import describe
from handseg_ros.training.export import export_model
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.networks.hands_int8 import HandsInt8Task
from handseg_ros.training.quantisation.distilling import distillation_parts
from handseg_ros.training.quantisation.equalisation import equalise
from handseg_ros.training.quantisation.fake_quantisation import ActivationRange, QuantisedConv
from handseg_ros.training.quantisation.hand_network import QuantisedHandNetwork
from handseg_ros.training.trainer import Trainer
from handseg_ros.training.warm_start import load_model_file

STEPS = 3
PICTURES = [ToyPictures().make(number) for number in range(4)]
IMAGES = torch.from_numpy(np.stack([picture.image for picture in PICTURES]))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    """Let steps of one machine add up in one order."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    return replace(toy_config(STEPS), network={"name": "hands_int8", "observed_steps": 2})


@pytest.fixture(scope="module")
def trained() -> HandNetwork:
    """Return a float network whose normalisations have the statistics of pictures."""
    torch.manual_seed(0)
    network = HandNetwork()
    with torch.no_grad():
        for _ in range(60):
            network.train()(IMAGES)
    return network.eval()


@pytest.fixture(scope="module")
def start(
    trained: HandNetwork, config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the float network's model file."""
    file = tmp_path_factory.mktemp("float") / "float.onnx"
    export_model(trained, describe(config, {}), file)
    return file


@pytest.fixture(scope="module")
def run(start: Path, config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """Return a run that took all its steps."""
    trainer = Trainer(config, tmp_path_factory.mktemp("run"), _begun(start, config))
    trainer.train(ToyPictures(), workers=0)
    return trainer


def _begun(start: Path, config: TrainingConfig) -> QuantisedHandNetwork:
    task = config.task()
    network = task.build()
    assert isinstance(network, QuantisedHandNetwork)
    task.load(network, start, PICTURES)
    return network


def _answers(file: Path, images: Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": one[None].numpy()})[0] for one in images])


def test_a_map_is_rounded_to_levels_of_the_widest_range_that_was_seen() -> None:
    layer = ActivationRange(observed_steps=2)
    maps = torch.tensor([-1.0, 0.0, 0.013, 3.0]).view(1, 1, 2, 2)
    assert torch.equal(layer.eval()(maps), maps)
    layer.train()(maps)
    layer(maps / 2)
    layer(maps * 100)
    assert (float(layer.low), float(layer.high)) == (-1.0, 3.0)
    rounded = layer.eval()(maps * 2)
    step = 4.0 / 255
    assert float(rounded[0, 0, 0, 1]) == 0.0
    assert rounded.max() <= 3.0 + step
    torch.testing.assert_close(rounded / step, (rounded / step).round())


def test_gradients_pass_rounding_but_not_what_is_cut_off() -> None:
    layer = ActivationRange(observed_steps=1).train()
    layer(torch.tensor([0.0, 1.0]).view(1, 1, 1, 2))
    maps = torch.tensor([0.3, 5.0]).view(1, 1, 1, 2).requires_grad_()
    layer(maps).sum().backward()
    assert maps.grad is not None
    assert maps.grad.flatten().tolist() == [1.0, 0.0]


def test_each_channel_of_weights_has_a_scale_of_its_own() -> None:
    plain = torch.nn.Conv2d(2, 3, 3)
    with torch.no_grad():
        plain.weight *= torch.tensor([0.01, 1.0, 100.0]).view(3, 1, 1, 1)
    rounding = QuantisedConv(plain)
    maps = torch.rand(1, 2, 8, 8)
    error = (rounding(maps) - plain(maps)).abs().amax(dim=(0, 2, 3))
    # 18 products, each of a weight that is off by half of a 63rd of the largest at most
    assert (error < 0.04 * plain.weight.abs().amax(dim=(1, 2, 3))).all()
    assert (error > 0).all()


def test_equalised_maps_change_no_answer(trained: HandNetwork) -> None:
    network = copy.deepcopy(trained)
    fold_batch_norm(network)
    layer = network.get_submodule("decoder.smooths.0.0")
    assert isinstance(layer, torch.nn.Conv2d)
    with torch.no_grad():
        layer.weight[3] *= 50
        before = network(IMAGES)
        equalise(network, IMAGES)
        torch.testing.assert_close(network(IMAGES), before, rtol=1e-3, atol=1e-3)
        largest = _largest(layer, network)
    # Channels that say nothing stay as they are, and one of a thousandth is helped as far as that.
    speaking = largest[largest > 0]
    assert speaking.quantile(0.1) > 0.99 * speaking.max()


def _largest(layer: torch.nn.Module, network: HandNetwork) -> Tensor:
    seen: list[Tensor] = []
    with layer.register_forward_hook(lambda _m, _i, maps: seen.append(maps)):
        network(IMAGES)
    return seen[0].abs().amax(dim=(0, 2, 3))


def test_the_distance_is_nought_where_both_answer_alike() -> None:
    maps = torch.randn(2, 5, 8, 8)
    assert all(float(part) == 0 for part in distillation_parts(maps, maps).values())
    assert all(float(part) > 0 for part in distillation_parts(maps + 1, maps).values())


def test_the_file_answers_as_the_network_does(
    run: Trainer, config: TrainingConfig, tmp_path: Path
) -> None:
    network, file = run.averaged(), tmp_path / "int8.onnx"
    run.task.export(network, describe(config, {}), file)
    with torch.no_grad():
        wanted = network(IMAGES).numpy()
    found = _answers(file, IMAGES)
    # Sums between two levels go either way, and what follows differs a little then.
    assert np.abs(found - wanted).mean() < 0.02 * wanted.std()
    assert Segmenter.load(file).segment(PICTURES[0].image) is not None


def test_all_its_layers_compute_in_integers_but_the_last(
    run: Trainer, config: TrainingConfig, tmp_path: Path
) -> None:
    file, optimised = tmp_path / "int8.onnx", tmp_path / "optimised.onnx"
    run.task.export(run.averaged(), describe(config, {}), file)
    graph = onnx.load(str(file)).graph
    types = {item.name: item.data_type for item in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    stored = [makers[node.input[1]].input[0] for node in graph.node if node.op_type == "Conv"]
    assert {types[name] for name in stored} == {onnx.TensorProto.INT8}
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(optimised)
    onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    kinds = [node.op_type for node in onnx.load(str(optimised)).graph.node]
    assert kinds.count("QLinearConv") == 57
    assert kinds.count("Conv") + kinds.count("FusedConv") == 2
    assert kinds.count("QLinearAdd") == 11
    assert {"Add", "Clip", "Relu", "Sub", "Div"}.isdisjoint(kinds)


def test_it_learns_to_answer_as_the_float_network(run: Trainer, start: Path) -> None:
    network = run.averaged()
    assert isinstance(network, QuantisedHandNetwork)
    with torch.no_grad():
        teacher = network.teacher(IMAGES).numpy()
    given = _answers(start, IMAGES)
    assert np.abs(teacher - given).max() < 0.01 * given.std()


def test_an_interrupted_run_gives_the_same_bits(
    run: Trainer, start: Path, config: TrainingConfig, tmp_path: Path
) -> None:
    Trainer(config, tmp_path, _begun(start, config)).train(ToyPictures(), workers=0, until=1)
    # What goes on needs no file to start from: the float network is in the checkpoint.
    continued = Trainer(config, tmp_path)
    assert continued.step == 1
    continued.train(ToyPictures(), workers=0)
    wanted = run.ema.state_dict()
    for name, value in continued.ema.state_dict().items():
        assert torch.equal(value, wanted[name]), name


def test_a_checkpoint_becomes_a_model_file_and_a_standalone_one(
    run: Trainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(run.checkpoint, tmp_path / "model.onnx")
    assert Segmenter.load(tmp_path / "model.onnx").description.family == "bottom_up"
    standalone = tmp_path / "standalone.onnx"
    assert main(["export", "--model", str(run.checkpoint), "--output", str(standalone)]) == 0
    kinds = {node.op_type for node in onnx.load(str(standalone)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds


def test_a_float_network_does_not_start_from_8_bits(
    run: Trainer, config: TrainingConfig, tmp_path: Path
) -> None:
    file = tmp_path / "int8.onnx"
    run.task.export(run.averaged(), describe(config, {}), file)
    with pytest.raises(ModelError, match="computes in 8 bits: start from the float model"):
        load_model_file(HandNetwork(), file, IMAGES)


def test_what_cannot_be_is_told(start: Path, config: TrainingConfig, tmp_path: Path) -> None:
    task = HandsInt8Task()
    with pytest.raises(ModelError, match="lacks the ranges of pictures' maps"):
        task.load(task.build(), start)
    with pytest.raises(ModelError, match="unknown before its first step: train some steps first"):
        task.export(_begun(start, config), describe(config, {}), tmp_path / "no.onnx")
    assert not (tmp_path / "no.onnx").exists()
    with pytest.raises(ModelError, match="no float network to learn from: give a trained one"):
        Trainer(config, tmp_path).train(ToyPictures(), workers=0)
    with pytest.raises(ValueError, match="observed_steps"):
        replace(config, network={"name": "hands_int8", "observed_steps": 0})


def test_a_head_of_sides_of_another_size_is_rounded_too_and_comes_back(
    config: TrainingConfig, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = HandNetwork()
    network.take_side_head(width=70, layers=2)
    with torch.no_grad():
        network.train()(IMAGES)
    export_model(network.eval(), describe(config, {}), tmp_path / "float.onnx")
    quantised = _begun(tmp_path / "float.onnx", config)
    with torch.no_grad():
        student, teacher = quantised.train()(IMAGES)
    assert quantised.is_observed
    assert (student - teacher)[:, -1].abs().mean() < 0.2 * teacher[:, -1].std()
    torch.save({"averaged": quantised.state_dict()}, tmp_path / "checkpoint.pt")
    other = config.task().build()
    assert config.task().load(other, tmp_path / "checkpoint.pt").fresh == ()
    with torch.no_grad():
        assert torch.equal(other.eval()(IMAGES), quantised.eval()(IMAGES))
