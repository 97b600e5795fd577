"""DeepLabV3 under the names of torchvision's `deeplabv3_resnet50` and `deeplabv3_resnet101`.

After Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation" (2017): a ResNet
at an eighth of the image's size, pyramid pooling with the rates 12, 24 and 36 and of the whole
image, logits enlarged to the image's size.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from handseg_ros.training.networks.resnet import Depth, ResNet

RATES = (12, 24, 36)


def _active(before: int, after: int, kernel: int = 1, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(before, after, kernel, 1, padding, dilation, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU()]


class ImagePooling(nn.Sequential):
    """What the whole image is like, told to each of its places."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_active(before, after))

    def forward(self, features: Tensor) -> Tensor:
        mean: Tensor = super().forward(features)
        return functional.interpolate(
            mean, features.shape[-2:], mode="bilinear", align_corners=False
        )


class PyramidPooling(nn.Module):
    """Features seen at several rates at once (atrous spatial pyramid pooling)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        branches: list[nn.Module] = [nn.Sequential(*_active(before, after))]
        branches += [nn.Sequential(*_active(before, after, 3, rate)) for rate in RATES]
        self.convs = nn.ModuleList([*branches, ImagePooling(before, after)])
        joined = _active(len(self.convs) * after, after)
        self.project = nn.Sequential(*joined, nn.Dropout(0.5))

    def forward(self, features: Tensor) -> Tensor:
        pooled: Tensor = self.project(torch.cat([conv(features) for conv in self.convs], dim=1))
        return pooled


def _classifier(before: int, inner: int, classes: int) -> nn.Sequential:
    last = nn.Conv2d(inner, classes, 1)
    return nn.Sequential(PyramidPooling(before, inner), *_active(inner, inner, 3), last)


def _auxiliary(before: int, classes: int) -> nn.Sequential:
    """Return a plain head (Long et al., "Fully Convolutional Networks", CVPR 2015)."""
    inner = before // 4
    layers = _active(before, inner, 3)
    return nn.Sequential(*layers, nn.Dropout(0.1), nn.Conv2d(inner, classes, 1))


class DeepLabV3(nn.Module):
    """An image (N, 3, H, W), normalised as for ImageNet, becomes logits (N, classes, H, W).

    With an auxiliary head it gives its logits too while it trains: (2, N, classes, H, W).
    `width` is that of ResNet's first layer: 64, and less for tests.
    """

    def __init__(self, depth: Depth, classes: int, auxiliary: bool = False, width: int = 64):
        super().__init__()
        self.backbone = ResNet(depth, (True, True), width=width)
        *_, middle, last = self.backbone.channels
        self.classifier = _classifier(last, 4 * width, classes)
        self.aux_classifier = _auxiliary(middle, classes) if auxiliary else None

    def forward(self, image: Tensor) -> Tensor:
        *_, middle, last = self.backbone(image)
        logits = self._enlarged(self.classifier(last), image)
        if self.aux_classifier is None or not self.training:
            return logits
        return torch.stack([logits, self._enlarged(self.aux_classifier(middle), image)])

    @staticmethod
    def _enlarged(logits: Tensor, image: Tensor) -> Tensor:
        return functional.interpolate(
            logits, image.shape[-2:], mode="bilinear", align_corners=False
        )
