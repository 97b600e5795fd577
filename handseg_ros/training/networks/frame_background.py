"""A network that compares a frame with a picture of the same view without hands.

Both are stacked to six channels; three strided convolutions halve the size, and a U-Net's decoder
(Ronneberger et al., MICCAI 2015) doubles it again with what was seen before each.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

MULTIPLE_OF = 8


def _active(before: int, after: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


class FrameBackgroundNet(nn.Module):
    """Frame and background, (N, 3, H, W) from 0 to 1 each, become logits (N, classes, H, W).

    H and W are multiples of 8. `widths` are the channels at the full size, a half, a quarter and
    an eighth.
    """

    def __init__(self, classes: int, widths: Sequence[int] = (24, 48, 96, 192)) -> None:
        super().__init__()
        first, *others = widths
        self.stem = nn.Sequential(_active(6, first), _active(first, first))
        self.encoder = nn.ModuleList(
            nn.Sequential(_active(before, after, 2), _active(after, after))
            for before, after in zip(widths, others, strict=False)
        )
        upward = list(zip(reversed(others), reversed(widths[:-1]), strict=True))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(low, high, 2, 2) for low, high in upward)
        self.joins = nn.ModuleList(_active(2 * high, high) for _, high in upward)
        self.last = nn.Conv2d(first, classes, 1)

    def forward(self, frame: Tensor, background: Tensor) -> Tensor:
        features = self.stem(torch.cat([frame, background], dim=1))
        levels = [features]
        for down in self.encoder:
            levels.append(down(levels[-1]))
        features = levels.pop()
        for up, join in zip(self.ups, self.joins, strict=True):
            features = join(torch.cat([up(features), levels.pop()], dim=1))
        logits: Tensor = self.last(features)
        return logits
