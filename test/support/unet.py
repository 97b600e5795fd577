"""U-Net on MobileNetV2 in plain torch, for tests of foreign networks from TensorFlow.

The architecture is that of TensorFlow's tutorial "Image segmentation": the encoder is MobileNetV2
(Sandler et al., 2018) as Keras builds it, cut at the layers block_1_expand_relu,
block_3_expand_relu, block_6_expand_relu, block_13_expand_relu and block_16_project; the decoder is
made of pix2pix's up-sampling blocks (Isola et al., 2017). All layers have their original widths;
the weights are random, but for the up-sampling kernels' shape.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.random_weights import calibrated
from torch import nn
from torch.nn import functional

# Channels, number of blocks and first stride of each group of blocks that expand (Keras's
# blocks 1 to 16).
_GROUPS = ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
_EXPANSION = 6
# The blocks of which the decoder takes what their expansion gives.
_SKIPPED = (1, 3, 6, 13)
_UPWARD = (512, 256, 128, 64)
# Keras's own constant in MobileNetV2.
_EPSILON = 1e-3
# How much a block adds to its shortcut: random blocks that add more turn the rounding of a pixel
# into another answer, which trained ones do not.
_SHARE = 0.25


class SameConv(nn.Conv2d):
    """A 3x3 convolution padded as TensorFlow's "same": at stride 2 at the bottom right only."""

    def __init__(self, before: int, after: int, stride: int, groups: int = 1) -> None:
        super().__init__(before, after, 3, stride, groups=groups, bias=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the image's features; for a stride of 2 its size must be even."""
        padding = (1, 1, 1, 1) if self.stride[0] == 1 else (0, 1, 0, 1)
        return super().forward(functional.pad(image, padding))


class SameTransposed(nn.ConvTranspose2d):
    """A transposed 3x3 convolution of stride 2 as TensorFlow's "same": twice the size."""

    def __init__(self, before: int, after: int, *, bias: bool) -> None:
        super().__init__(before, after, 3, 2, bias=bias)
        # Bilinear in shape, random in mixing channels: chequered masks would be thousands of hands.
        slope = torch.tensor([0.5, 1.0, 0.5])
        with torch.no_grad():
            self.weight.copy_(self.weight[..., :1, :1] * slope[:, None] * slope)

    def forward(self, features: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        """Return (N, after, 2 H, 2 W)."""
        return super().forward(features, output_size)[..., :-1, :-1]


def _active(convolution: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(channels, eps=_EPSILON), nn.ReLU6())


class InvertedResidual(nn.Module):
    """MobileNetV2's block: wider by a 1x1 convolution, depthwise 3x3, narrower again."""

    def __init__(self, before: int, after: int, stride: int, expansion: int = _EXPANSION) -> None:
        super().__init__()
        wide = before * expansion
        expand = nn.Conv2d(before, wide, 1, bias=False)
        self.expand = nn.Identity() if expansion == 1 else _active(expand, wide)
        self.depthwise = _active(SameConv(wide, wide, stride, groups=wide), wide)
        self.project = nn.Conv2d(wide, after, 1, bias=False)
        self.normalise = nn.BatchNorm2d(after, eps=_EPSILON)
        self.has_shortcut = before == after and stride == 1
        if self.has_shortcut:
            nn.init.constant_(self.normalise.weight, _SHARE)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the block's features, and what its expansion and its projection gave."""
        expanded = self.expand(features)
        projected = self.project(self.depthwise(expanded))
        after = self.normalise(projected)
        return (features + after if self.has_shortcut else after), expanded, projected


class Encoder(nn.Module):
    """MobileNetV2 to its block 16, at a 32nd of the image's size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _active(SameConv(3, 32, 2), 32)
        blocks, before = [InvertedResidual(32, 16, 1, expansion=1)], 16
        for after, count, stride in _GROUPS:
            for index in range(count):
                blocks.append(InvertedResidual(before, after, stride if index == 0 else 1))
                before = after
        self.blocks = nn.ModuleList(blocks)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return what the decoder needs, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size."""
        features, taken = self.stem(image), []
        projected = features
        for number, block in enumerate(self.blocks):
            features, expanded, projected = block(features)
            if number in _SKIPPED:
                taken.append(expanded)
        return [*taken, projected]


class UNet(nn.Module):
    """An image (N, 3, H, W), sizes in 32nds, becomes logits (N, classes, H, W)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder()
        skips, before, upward = (576, 192, 144, 96), 320, []
        for after, skip in zip(_UPWARD, skips, strict=True):
            step = SameTransposed(before, after, bias=False)
            upward.append(nn.Sequential(step, nn.BatchNorm2d(after, eps=_EPSILON), nn.ReLU()))
            before = after + skip
        self.upward = nn.ModuleList(upward)
        self.last = SameTransposed(before, classes, bias=True)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at the image's size."""
        *skips, features = self.encoder(image)
        for step, skip in zip(self.upward, reversed(skips), strict=True):
            features = torch.cat([step(features), skip], dim=1)
        return self.last(features)


class ChannelsLast(nn.Module):
    """A network as TensorFlow exports it: an image (N, H, W, 3) becomes (N, H, W, classes)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return what the network gives, its channels last."""
        return self.network(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def random_unet(classes: int, images: torch.Tensor) -> UNet:
    """Return a network of random weights (seed 0) that tells parts of the images apart."""
    torch.manual_seed(0)
    network = UNet(classes)
    return calibrated(network, network.last, images)
