"""DeepLabV3 on ResNet-50 and ResNet-101 in plain torch, for tests of foreign networks.

The architecture is that of Chen et al., "Rethinking Atrous Convolution for Semantic Image
Segmentation" (2017), as torchvision builds it: bottleneck blocks, the last two layers dilated in
place of strided (output stride 8), pyramid pooling with rates 12, 24 and 36 and image pooling, and
logits enlarged to the input's size. The weights are random; `width` narrows all layers alike.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.random_weights import calibrated
from torch import nn
from torch.nn import functional

RESNET_50 = (3, 4, 6, 3)
RESNET_101 = (3, 4, 23, 3)
_EXPANSION = 4
# How much a block adds to its shortcut: random blocks that add more turn the rounding of a pixel
# into another answer, which trained ones do not.
_SHARE = 0.25


def _normalised(
    before: int, after: int, kernel: int = 1, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """Return a convolution that keeps the size at stride 1, with its batch normalisation."""
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(before, after, kernel, stride, padding, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, ResNet's block for 50 layers and more."""

    def __init__(self, before: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        after = width * _EXPANSION
        normalisation = nn.BatchNorm2d(after)
        nn.init.constant_(normalisation.weight, _SHARE)
        self.body = nn.Sequential(
            _normalised(before, width),
            nn.ReLU(),
            _normalised(width, width, 3, stride, dilation),
            nn.ReLU(),
            nn.Conv2d(width, after, 1, bias=False),
            normalisation,
        )
        is_same = before == after and stride == 1
        self.shortcut = nn.Identity() if is_same else _normalised(before, after, 1, stride)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the block's features, width * 4 channels."""
        return functional.relu(self.body(features) + self.shortcut(features))


class Backbone(nn.Sequential):
    """ResNet without its classifier, at an eighth of the input's size."""

    def __init__(self, blocks: tuple[int, ...], width: int) -> None:
        stem = (_normalised(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        channels, layers = width, []
        # A layer's first block has the dilation of the layer before it, as torchvision's has.
        steps = ((1, 1, 1), (2, 1, 1), (1, 1, 2), (1, 2, 4))
        for place, (count, (stride, first, others)) in enumerate(zip(blocks, steps, strict=True)):
            inner = width * 2**place
            for index in range(count):
                one = (stride, first) if index == 0 else (1, others)
                layers.append(Bottleneck(channels, inner, *one))
                channels = inner * _EXPANSION
        super().__init__(*stem, *layers)
        self.channels = channels


class ImagePooling(nn.Module):
    """What the whole image is like, told to every place of it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.AdaptiveAvgPool2d(1), _normalised(before, after))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the mean's features, spread to the size of `features`."""
        return functional.interpolate(
            self.body(features), features.shape[-2:], mode="bilinear", align_corners=False
        )


class DeepLabV3(nn.Module):
    """An image (N, 3, H, W) becomes raw logits (N, classes, H, W)."""

    def __init__(self, blocks: tuple[int, ...], classes: int, width: int = 64) -> None:
        super().__init__()
        self.backbone = Backbone(blocks, width)
        channels, inner = self.backbone.channels, 4 * width
        branches: list[nn.Module] = [
            _normalised(channels, inner),
            *(_normalised(channels, inner, 3, dilation=rate) for rate in (12, 24, 36)),
            ImagePooling(channels, inner),
        ]
        self.branches = nn.ModuleList(nn.Sequential(branch, nn.ReLU()) for branch in branches)
        self.head = nn.Sequential(
            _normalised(5 * inner, inner),
            nn.ReLU(),
            _normalised(inner, inner, 3),
            nn.ReLU(),
            nn.Conv2d(inner, classes, 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at the image's size."""
        features = self.backbone(image)
        pyramid = torch.cat([branch(features) for branch in self.branches], dim=1)
        return functional.interpolate(
            self.head(pyramid), image.shape[-2:], mode="bilinear", align_corners=False
        )


def random_deeplab(
    blocks: tuple[int, ...], classes: int, width: int, images: torch.Tensor
) -> DeepLabV3:
    """Return a network of random weights (seed 0) that tells parts of the images apart."""
    torch.manual_seed(0)
    network = DeepLabV3(blocks, classes, width)
    last = network.head[-1]
    assert isinstance(last, nn.Conv2d)
    return calibrated(network, last, images)
