"""Two small networks that learn hands in a minute, for tests of how networks want their colours.

A U-Net (Ronneberger et al., 2015) with one logit and a DeepLab-like one (dilated convolutions and
pyramid pooling, Chen et al., 2017) with two, both narrow; they learn from the package's rendered
scene, whose hands are known, with ImageNet's normalisation inside: their files take RGB pixels.
They are built here, as those of `handseg train` do not learn so fast.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, compose, helper, numpy_helper
from support.checkout import ROOT
from torch import nn
from torch.nn import functional

from handseg_ros.model_import.colour_config import NORMALISATIONS, ColourConfig

_SCENE = ROOT / "assets" / "rgbd_scene"
_SIZE = (96, 128)
_BATCH = 8


def _layer(before: int, after: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


class SmallUNet(nn.Module):
    """Pixels (1, 3, H, W) become a logit (1, 1, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (8, 16, 32, 48)
        self.down = nn.ModuleList(
            _layer(before, after, 2 if before > 3 else 1)
            for before, after in zip((3, *widths), widths, strict=False)
        )
        self.up = nn.ModuleList(
            _layer(widths[place + 1] + widths[place], widths[place]) for place in (2, 1, 0)
        )
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logit of a hand."""
        levels = []
        for layer in self.down:
            image = layer(image)
            levels.append(image)
        for layer, level in zip(self.up, levels[-2::-1], strict=True):
            image = functional.interpolate(image, scale_factor=2.0, mode="nearest")
            image = layer(torch.cat([image, level], dim=1))
        return self.last(image)


class SmallDeepLab(nn.Module):
    """Pixels (1, 3, H, W) become logits of background and hand (1, 2, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _layer(3, 12, 2), _layer(12, 24, 2), _layer(24, 32), _layer(32, 32, 1, 2)
        )
        self.pyramid = nn.ModuleList(_layer(32, 16, 1, rate) for rate in (1, 3, 6))
        self.last = nn.Conv2d(48, 2, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return both logits."""
        features = self.body(image)
        logits = self.last(torch.cat([layer(features) for layer in self.pyramid], dim=1))
        return functional.interpolate(logits, scale_factor=4.0, mode="bilinear")


class _FromPixels(nn.Module):
    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        chosen = NORMALISATIONS["imagenet"]
        for name, values in (("mean", chosen.mean), ("std", chosen.std)):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1) * 255)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network((pixels - self.mean) / self.std)


def learnt(network: nn.Module, file: Path, steps: int) -> Path:
    """Let a network learn from parts of the scene, and write it; returns its file."""
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    scene = _scene()
    whole = _FromPixels(network).train()
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 4e-3 * (1 - step / steps) + 1e-5
        pixels, known = _batch(scene, random)
        logits = whole(pixels)
        own = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        loss = functional.binary_cross_entropy_with_logits(own, known)
        shared = (own.sigmoid() * known).sum()
        loss = loss + 1 - 2 * shared / (own.sigmoid().sum() + known.sum() + 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    axes = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
        torch.onnx.export(
            whole.eval(), (torch.zeros(1, 3, 256, 256),), str(file), dynamo=False,
            opset_version=14, input_names=["pixels"], output_names=["output"],
            dynamic_axes={"pixels": axes, "output": axes},
        )  # fmt: skip
    return file


def _scene() -> list[tuple[np.ndarray, np.ndarray]]:
    pairs = []
    for file in sorted((_SCENE / "images").iterdir()):
        picture = cv2.imread(str(file))
        ids = cv2.imread(str(_SCENE / "ids" / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert ids is not None
        pairs.append((picture[..., ::-1], ids > 0))
    return pairs


def _batch(
    scene: list[tuple[np.ndarray, np.ndarray]], random: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return parts of the scene of any size, mirrored, in other light and other colours."""
    pixels, known = [], []
    for _ in range(_BATCH):
        picture, hands = scene[random.integers(len(scene))]
        share = random.uniform(0.35, 1.0)
        height, width = (int(share * side) for side in hands.shape)
        top = random.integers(hands.shape[0] - height + 1)
        left = random.integers(hands.shape[1] - width + 1)
        part = slice(top, top + height), slice(left, left + width)
        size = _SIZE[::-1]
        image = cv2.resize(np.ascontiguousarray(picture[part]), size, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(hands[part].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        light = random.uniform(0.7, 1.25) * random.uniform(0.95, 1.05, 3)
        image = np.clip(image * light, 0, 255)
        mirror = -1 if random.random() < 0.5 else 1
        pixels.append(image[:, ::mirror].copy())
        known.append(mask[:, ::mirror].copy())
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float()
    return images, torch.from_numpy(np.stack(known)).float()


def with_look(pixels: Path, colour_config: ColourConfig, file: Path) -> Path:
    """Write a network that takes pixels as one that wants this look; returns its file."""
    own, chosen = onnx.load(str(pixels)), colour_config.fields()
    shape = (1, 3, 1, 1)
    constants = {
        "look_mean": np.array(chosen["mean"], np.float32).reshape(shape),
        "look_std": np.array(chosen["std"], np.float32).reshape(shape),
        "look_scale": np.float32(chosen["scale"]),
        "look_order": np.array([0, 1, 2] if colour_config.colour == "RGB" else [2, 1, 0]),
    }
    nodes = [
        helper.make_node("Mul", ["image", "look_std"], ["spread"]),
        helper.make_node("Add", ["spread", "look_mean"], ["shifted"]),
        helper.make_node("Div", ["shifted", "look_scale"], ["values"]),
        helper.make_node("Gather", ["values", "look_order"], ["ordered"], axis=1),
    ]
    axes: list[int | str] = [1, 3, "height", "width"]
    graph = helper.make_graph(
        nodes,
        "before",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, axes)],
        [helper.make_tensor_value_info("ordered", TensorProto.FLOAT, axes)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    before = helper.make_model(graph, opset_imports=own.opset_import, ir_version=own.ir_version)
    onnx.save(compose.merge_models(before, own, [("ordered", "pixels")]), str(file))
    return file
