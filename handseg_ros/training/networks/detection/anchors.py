"""Anchors: boxes of a few shapes around each cell of each level of a pyramid."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SIZES = (32.0, 64.0, 128.0, 256.0, 512.0)
# Height by width.
RATIOS = (0.5, 1.0, 2.0)


def shapes(size: float) -> Tensor:
    """Return the anchors around a cell, (3, 4), rounded to whole pixels as torchvision's are."""
    heights = torch.tensor(RATIOS).sqrt()
    high, wide = heights * size, size / heights
    return (torch.stack([-wide, -high, wide, high], dim=1) / 2).round()


def anchors(image: tuple[int, int], levels: Sequence[Tensor]) -> list[Tensor]:
    """Return the anchors (rows * columns * 3, 4) of levels (N, C, rows, columns) of an image."""
    return [
        _level(image, (level.shape[2], level.shape[3]), size).to(level.device)
        for level, size in zip(levels, SIZES, strict=True)
    ]


def _level(image: tuple[int, int], grid: tuple[int, int], size: float) -> Tensor:
    y, x = (
        torch.arange(cells) * (pixels // cells) for pixels, cells in zip(image, grid, strict=True)
    )
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    corners = torch.stack([columns, rows, columns, rows], dim=2)
    return (corners[:, :, None] + shapes(size)).reshape(-1, 4)
