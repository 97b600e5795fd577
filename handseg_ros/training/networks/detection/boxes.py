"""Boxes x1, y1, x2, y2 in pixels, and how they are told as moves of other boxes.

The moves are those of Girshick et al., "Rich feature hierarchies" (CVPR 2014): the centre by shares
of the size, the size by its logarithm.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import torch
from torch import Tensor

# What each of the four numbers of a move is multiplied with before a network learns it.
Weights = tuple[float, float, float, float]
# A box grows by no more than from 16 to 1000 pixels.
_MOST_GROWTH = math.log(1000 / 16)


def areas(boxes: Tensor) -> Tensor:
    """Return the areas (N,) of boxes (N, 4)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Return the intersections over union (N, M) of boxes (N, 4) and (M, 4)."""
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    both = (high - low).clamp(min=0).prod(dim=2)
    return both / (areas(first)[:, None] + areas(second)[None] - both)


def encoded(boxes: Tensor, origins: Tensor, weights: Weights) -> Tensor:
    """Return the moves (N, 4) that make boxes of the origins, (N, 4) both."""
    size, own = boxes[:, 2:] - boxes[:, :2], origins[:, 2:] - origins[:, :2]
    shift = (boxes[:, :2] + size / 2 - origins[:, :2] - own / 2) / own
    moves = torch.cat([shift, torch.log(size / own)], dim=1)
    return moves * moves.new_tensor(weights)


def decoded(moves: Tensor, origins: Tensor, weights: Weights) -> Tensor:
    """Return boxes (N, K, 4) of moves (N, K, 4) of origins (N, 4)."""
    own = (origins[:, 2:] - origins[:, :2])[:, None]
    centre = origins[:, None, :2] + own / 2
    scaled = moves / moves.new_tensor(weights)
    centre = centre + scaled[..., :2] * own
    half = scaled[..., 2:].clamp(max=_MOST_GROWTH).exp() * own / 2
    return torch.cat([centre - half, centre + half], dim=2)


def clipped(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Return boxes (..., 4) cut to an image of (height, width)."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def large_enough(boxes: Tensor, side: float) -> Tensor:
    """Return which boxes (N, 4) have both sides of at least so many pixels."""
    return ((boxes[:, 2:] - boxes[:, :2]) >= side).all(dim=1)
