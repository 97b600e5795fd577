"""Guards Keras' weights of MobileNetV2: each in its place, their arithmetic, refusals in words."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from support.keras_files import write_mobilenet_v2
from support.overfitting import FACTS
from torch.nn import functional

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.networks.registry import make_task
from handseg_ros.training.networks.unet import MobileNetV2

NAME = "unet_mobilenetv2"
KERAS = {"encoder": "keras"}


def _loaded(file: Path) -> tuple[dict[str, torch.Tensor], tuple[str, ...], tuple[str, ...]]:
    task = make_task(NAME, KERAS)
    module = task.build()
    told = task.load(module, file)
    return module.state_dict(), told.left_out, told.fresh


@pytest.mark.parametrize("is_keras_3", [False, True])
def test_every_weight_is_in_its_place(is_keras_3: bool, tmp_path: Path) -> None:
    written = write_mobilenet_v2(tmp_path / "keras.h5", is_keras_3=is_keras_3)
    own, left_out, fresh = _loaded(tmp_path / "keras.h5")
    for place, name in (
        ("features.0.0.weight", "Conv1/kernel"),
        ("features.2.conv.0.0.weight", "block_1_expand/kernel"),
        ("features.17.conv.2.weight", "block_16_project/kernel"),
    ):
        expected = np.moveaxis(written[name], (3, 2), (0, 1))
        np.testing.assert_array_equal(own[f"encoder.{place}"], expected)
    for place, name in (
        ("features.1.conv.0.0.weight", "expanded_conv_depthwise/depthwise_kernel"),
        ("features.14.conv.1.0.weight", "block_13_depthwise/depthwise_kernel"),
    ):
        kernels = own[f"encoder.{place}"]
        assert kernels.shape[1] == 1
        for channel in (0, 5):
            expected = written[name][:, :, channel, 0]
            np.testing.assert_array_equal(kernels[channel, 0], expected)
    for place, layer in (
        ("features.0.1", "bn_Conv1"),
        ("features.1.conv.2", "expanded_conv_project_BN"),
        ("features.8.conv.1.1", "block_7_depthwise_BN"),
    ):
        for torch_s, name in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "moving_mean"),
            ("running_var", "moving_variance"),
        ):
            expected = written[f"{layer}/{name}"]
            np.testing.assert_array_equal(own[f"encoder.{place}.{torch_s}"], expected)
    assert not any(name.startswith("encoder.") for name in fresh)
    # what comes behind the features that the decoder takes
    assert {name.partition("/")[0] for name in left_out} == {
        "encoder.block_16_project_BN", "encoder.Conv_1", "encoder.Conv_1_bn",
    }  # fmt: skip


def test_a_whole_model_s_file_has_them_in_a_group(tmp_path: Path) -> None:
    write_mobilenet_v2(tmp_path / "weights.h5")
    with (
        h5py.File(tmp_path / "weights.h5") as weights,
        h5py.File(tmp_path / "model.h5", "w") as model,
    ):
        weights.copy("/", model, name="model_weights")
        model.create_group("optimizer_weights").create_dataset("Conv1/kernel:0", data=np.zeros(3))
    first, _, _ = _loaded(tmp_path / "weights.h5")
    second, _, _ = _loaded(tmp_path / "model.h5")
    for name in ("encoder.features.0.0.weight", "encoder.features.9.conv.3.running_var"):
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=0)


def test_padding_and_normalisation_are_those_of_keras(tmp_path: Path) -> None:
    """Keras pads an even size at stride 2 below and right alone, and adds 0.001 to variances."""
    written = write_mobilenet_v2(tmp_path / "keras.h5")
    own, _, _ = _loaded(tmp_path / "keras.h5")
    encoder = MobileNetV2("keras").eval()
    prefix = "encoder."
    encoder.load_state_dict(
        {k.removeprefix(prefix): v for k, v in own.items() if k.startswith(prefix)}
    )
    image = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (1, 3, 8, 12))).float()
    with torch.no_grad():
        found = encoder.features[0](image)[0]
    padded = functional.pad(image, (0, 1, 0, 1))[0].numpy()
    beta, mean = written["bn_Conv1/beta"], written["bn_Conv1/moving_mean"]
    scale = written["bn_Conv1/gamma"] / np.sqrt(written["bn_Conv1/moving_variance"] + 1e-3)
    for row, column in ((0, 0), (2, 3), (3, 5)):
        window = padded[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        answer = np.einsum("chw,hwco->o", window, written["Conv1/kernel"])
        expected = np.clip((answer - mean) * scale + beta, 0, 6)
        np.testing.assert_allclose(found[:, row, column], expected, rtol=1e-4, atol=1e-5)


def test_pixels_are_from_minus_one_to_one_and_the_file_answers_as_torch(tmp_path: Path) -> None:
    task = make_task(NAME, KERAS)
    seen = []
    module = task.build().eval()
    module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pixels = torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 2, 1).expand(1, 32, 2, 3)
    pixels = pixels.repeat(1, 1, 16, 1)
    task.loss(module, (pixels,), {"classes": torch.zeros(1, 32, 32, dtype=torch.uint8)})
    assert set(seen[0].unique().tolist()) == {-1.0, 1.0}
    task.export(module, task.describe(FACTS), tmp_path / "mine.onnx")


@pytest.mark.parametrize(
    ("without", "width", "fields", "words"),
    [
        (["block_3_expand"], 1, KERAS, "has no weights 'block_3_expand/kernel' of MobileNetV2"),
        ([], 2, KERAS, r"'Conv1/kernel' of the shape \(3, 3, 3, 16\), which is of another width"),
        ([], 1, {}, "is Keras' MobileNetV2, .* of 'torchvision', .* say 'encoder: keras'"),
        (["Conv1"], 1, KERAS, "holds no weights for UNet: its first name is"),
    ],
)
def test_other_networks_are_refused_in_words(
    without: list[str], width: int, fields: dict[str, str], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "keras.h5"
    write_mobilenet_v2(file, without, width)
    task = make_task(NAME, fields)
    with pytest.raises(ModelError, match=words):
        task.load(task.build(), file)


def test_torchvision_s_file_is_not_for_keras_arithmetic(tmp_path: Path) -> None:
    file = tmp_path / "mobilenet_v2.pth"
    torch.save(MobileNetV2().state_dict(), file)
    task = make_task(NAME, KERAS)
    with pytest.raises(
        ModelError, match=r"is torchvision's MobileNetV2, .* 'encoder: torchvision'"
    ):
        task.load(task.build(), file)


def test_an_own_checkpoint_goes_on_in_its_own_arithmetic(tmp_path: Path) -> None:
    task = make_task(NAME, KERAS)
    torch.save({"averaged": task.build().state_dict()}, tmp_path / "checkpoint.pt")
    loaded = task.load(task.build(), tmp_path / "checkpoint.pt")
    assert loaded.left_out == loaded.fresh == ()
    with pytest.raises(ModelError, match="is of a run with MobileNetV2, in the arithmetic of 'ker"):
        make_task(NAME, {}).load(make_task(NAME, {}).build(), tmp_path / "checkpoint.pt")
    torch.save(make_task(NAME, {}).build().state_dict(), tmp_path / "torchvision.pt")
    with pytest.raises(ModelError, match="say 'encoder: torchvision' in network"):
        task.load(task.build(), tmp_path / "torchvision.pt")


def test_files_that_are_damaged_or_empty_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, whole = make_task(NAME, KERAS), tmp_path / "whole.h5"
    write_mobilenet_v2(whole)
    damaged, empty, unnamed = (tmp_path / f"{name}.h5" for name in ("damaged", "empty", "unnamed"))
    damaged.write_bytes(whole.read_bytes()[:5000])
    with h5py.File(empty, "w") as content:
        content.create_group("Conv1")
    with h5py.File(unnamed, "w") as content:
        content["layers/conv2d/vars/0"] = np.zeros((3, 3), np.float32)
    for file, words in (
        (damaged, "cannot be read as HDF5"),
        (empty, "holds no weights: give"),
        (unnamed, "which does not name layers: save the whole model as '.h5'"),
    ):
        with pytest.raises(ModelError, match=words):
            task.load(task.build(), file)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModelError, match=r"cannot be read without h5py .*: install it with"):
        task.load(task.build(), whole)
