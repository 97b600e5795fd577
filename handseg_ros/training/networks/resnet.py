"""ResNet-50 and ResNet-101 under the names of torchvision's, whose weights load by name.

After He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), with the stride in a
block's 3x3 convolution, as torchvision has it, and dilated in place of strided layers for dense
answers (Chen et al., "Rethinking Atrous Convolution", 2017).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

Depth = Literal["resnet50", "resnet101"]
BLOCKS: dict[Depth, tuple[int, int, int, int]] = {
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
}
EXPANSION = 4

Norm = Callable[[int], nn.Module]


class FrozenBatchNorm2d(nn.Module):
    """A batch normalisation whose statistics and weights stay: for batches of a picture or two."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0)):
            self.register_buffer(name, torch.full((channels,), value))
        for name, value in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    def forward(self, features: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return features * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut; `width` channels inside, four times as many outside."""

    def __init__(self, before: int, width: int, stride: int, dilation: int, norm: Norm) -> None:
        super().__init__()
        after = width * EXPANSION
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = norm(after)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or before != after:
            shortcut = nn.Conv2d(before, after, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, norm(after))

    def forward(self, features: Tensor) -> Tensor:
        inner = self.relu(self.bn1(self.conv1(features)))
        inner = self.relu(self.bn2(self.conv2(inner)))
        inner = self.bn3(self.conv3(inner))
        shortcut = features if self.downsample is None else self.downsample(features)
        return self.relu(inner + shortcut)


class ResNet(nn.Module):
    """The layers before the classifier: an image (N, 3, H, W) becomes features by layer.

    `dilated` layers, of the last two, keep the size where others halve it: with both the features
    have an eighth of the image's size, with none a 32nd. `width` is that of the first layer: 64,
    and less for tests.
    """

    def __init__(
        self,
        depth: Depth,
        dilated: tuple[bool, bool] = (False, False),
        norm: Norm = nn.BatchNorm2d,
        width: int = 64,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        before, dilation = width, 1
        self.channels: list[int] = []
        for index, count in enumerate(BLOCKS[depth]):
            inner, stride, first = width * 2**index, 1 if index == 0 else 2, dilation
            if index >= 2 and dilated[index - 2]:
                # A layer's first block has the dilation of the layer before it.
                stride, dilation = 1, dilation * 2
            blocks = [Bottleneck(before, inner, stride, first, norm)]
            before = inner * EXPANSION
            blocks += [Bottleneck(before, inner, 1, dilation, norm) for _ in range(1, count)]
            self.add_module(f"layer{index + 1}", nn.Sequential(*blocks))
            self.channels.append(before)
        _initialise(self)

    def forward(self, image: Tensor) -> list[Tensor]:
        features = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        layers = []
        for index in range(len(self.channels)):
            features = self.get_submodule(f"layer{index + 1}")(features)
            layers.append(features)
        return layers


def _initialise(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
