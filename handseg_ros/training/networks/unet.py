"""U-Net on MobileNetV2, as in TensorFlow's tutorial "Image segmentation".

The encoder (Sandler et al., "MobileNetV2", CVPR 2018) has the names of torchvision's, whose weights
load by name, and the arithmetic of torchvision's or of Keras', as its weights want it. As in the
tutorial it is cut where Keras has block_1, block_3, block_6 and block_13 expanded, and block_16
projected. The decoder is of pix2pix's up-sampling blocks (Isola et al., CVPR 2017): transposed
convolution, normalisation, ReLU.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

# Whose arithmetic: the two differ in padding at stride 2 and in the normalisation's constant.
Arithmetic = Literal["torchvision", "keras"]
KERAS_MARK = "keras_arithmetic"
_EPSILON: dict[Arithmetic, float] = {"torchvision": 1e-5, "keras": 1e-3}
# Expansion, channels, number of blocks and first stride of each group of blocks.
_GROUPS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
           (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip
_STEM = 32
# Places in `features` of Keras's blocks 1, 3, 6 and 13, and what their expansions give.
_TAPS = {2: 96, 4: 144, 7: 192, 14: 576}
_UPWARD = (512, 256, 128, 64)


class SameConv(nn.Conv2d):
    """A 3x3 convolution of stride 2, padded as Keras' "same": of an even size at its ends alone."""

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(functional.pad(features, (0, 1, 0, 1)))


def _active(
    arithmetic: Arithmetic, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Module:
    is_same = arithmetic == "keras" and stride == 2
    make, padding = (SameConv, 0) if is_same else (nn.Conv2d, kernel // 2)
    convolution = make(before, after, kernel, stride, padding, groups=groups, bias=False)
    normalisation = nn.BatchNorm2d(after, eps=_EPSILON[arithmetic])
    return nn.Sequential(convolution, normalisation, nn.ReLU6())


class InvertedResidual(nn.Module):
    """MobileNetV2's block: wider by a 1x1 convolution, depthwise 3x3, narrower again."""

    def __init__(
        self,
        before: int,
        after: int,
        stride: int,
        expansion: int,
        is_last: bool,
        arithmetic: Arithmetic,
    ) -> None:
        super().__init__()
        wide = before * expansion
        layers = [] if expansion == 1 else [_active(arithmetic, before, wide, 1)]
        layers += [_active(arithmetic, wide, wide, 3, stride, groups=wide)]
        layers += [nn.Conv2d(wide, after, 1, bias=False)]
        # The last block's features are taken before their normalisation, as the tutorial does.
        if not is_last:
            layers += [nn.BatchNorm2d(after, eps=_EPSILON[arithmetic])]
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and before == after
        self.first = 0 if expansion == 1 else 1

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        expanded = self.conv[: self.first](features)
        result = self.conv[self.first :](expanded)
        return (features + result if self.has_shortcut else result), expanded


class MobileNetV2(nn.Module):
    """An image (N, 3, H, W) becomes features at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size."""

    def __init__(self, arithmetic: Arithmetic = "torchvision") -> None:
        super().__init__()
        layers, before = [_active(arithmetic, 3, _STEM, 3, 2)], _STEM
        for expansion, after, count, stride in _GROUPS:
            for index in range(count):
                step, is_last = (stride if index == 0 else 1), after == _GROUPS[-1][1]
                layers.append(InvertedResidual(before, after, step, expansion, is_last, arithmetic))
                before = after
        self.features = nn.Sequential(*layers)
        self.channels = (*_TAPS.values(), before)
        if arithmetic == "keras":
            # Tells checkpoints of the two apart, whose other names are the same.
            self.register_buffer(KERAS_MARK, torch.ones(()))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, image: Tensor) -> list[Tensor]:
        features, taken = self.features[0](image), []
        for place in range(1, len(self.features)):
            features, expanded = self.features[place](features)
            if place in _TAPS:
                taken.append(expanded)
        return [*taken, features]


class UpConv(nn.ConvTranspose2d):
    """A transposed 3x3 convolution of stride 2, padded as TensorFlow's "same": twice the size."""

    def __init__(self, before: int, after: int, bias: bool) -> None:
        super().__init__(before, after, 3, 2, bias=bias)

    def forward(self, features: Tensor, output_size: list[int] | None = None) -> Tensor:
        return super().forward(features, output_size)[..., :-1, :-1]


class UNet(nn.Module):
    """An image (N, 3, H, W) becomes logits (N, classes, H, W).

    It is normalised as the encoder's weights want it: as for ImageNet with torchvision's
    arithmetic, from -1 to 1 with Keras'. H and W are multiples of 32.
    """

    def __init__(self, classes: int, arithmetic: Arithmetic = "torchvision") -> None:
        super().__init__()
        self.encoder = MobileNetV2(arithmetic)
        *skips, before = self.encoder.channels
        ups: list[nn.Module] = []
        for after, skip in zip(_UPWARD, reversed(skips), strict=True):
            up = UpConv(before, after, bias=False)
            ups.append(nn.Sequential(up, nn.BatchNorm2d(after, eps=1e-3), nn.ReLU()))
            before = after + skip
        self.decoder = nn.ModuleList(ups)
        self.last = UpConv(before, classes, bias=True)

    def forward(self, image: Tensor) -> Tensor:
        *skips, features = self.encoder(image)
        for up, skip in zip(self.decoder, reversed(skips), strict=True):
            features = torch.cat([up(features), skip], dim=1)
        logits: Tensor = self.last(features)
        return logits
