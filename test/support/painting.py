"""A second way from detections to hands: in torch, over the whole frame, one after the other."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from handseg_ros.segmentation.hands import Hand, ObjectRegion

Size = tuple[int, int]


@dataclass(frozen=True)
class Painted:
    """One detection with the pixels that are its own, bool (height, width)."""

    label: int
    score: float
    mask: torch.Tensor


def sampled(
    cells: torch.Tensor, edges: torch.Tensor, frame: Size, around: str = "zeros"
) -> torch.Tensor:
    """Return a map (rows, columns) that covers a box at every pixel of a frame.

    `edges` are the box's left, top, right, bottom in the frame; `around` it the map is "zeros", or
    goes on as at its "border".
    """
    height, width = frame
    left, top, right, bottom = (float(edge) for edge in edges)
    x = (torch.arange(width, dtype=torch.float64) + 0.5 - left) / (right - left) * 2 - 1
    y = (torch.arange(height, dtype=torch.float64) + 0.5 - top) / (bottom - top) * 2 - 1
    places = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=2)
    return functional.grid_sample(
        cells.double()[None, None], places[None], mode="bilinear", padding_mode=around,
        align_corners=False,
    )[0, 0]  # fmt: skip


def inside(edges: torch.Tensor, frame: Size) -> torch.Tensor:
    """Return which pixels of a frame have their centre in a box, bool (height, width)."""
    left, top, right, bottom = edges
    x, y = torch.arange(frame[1]) + 0.5, torch.arange(frame[0]) + 0.5
    return ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))


def painted(detections: list[Painted], most: int = 255) -> list[Painted]:
    """Return what each detection keeps beside more certain ones, the most certain first.

    One that keeps less than half of its pixels is left out.
    """
    taken = torch.zeros_like(detections[0].mask) if detections else torch.zeros(0)
    kept = []
    for one in sorted(detections, key=lambda item: -item.score)[:most]:
        own = one.mask & ~taken
        if own.any() and own.sum() >= one.mask.sum() / 2:
            taken |= own
            kept.append(Painted(one.label, one.score, own))
    return kept


def assert_painted(
    found: Sequence[Hand | ObjectRegion], wanted: list[Painted], most_pixels: int
) -> None:
    """Compare one after the other; of each, so many pixels may differ."""
    assert len(wanted) > 1, "there should be something to compare"
    assert len(found) == len(wanted)
    for item, expected in zip(found, wanted, strict=True):
        assert abs(item.score - expected.score) < 1e-3
        mask = np.zeros(tuple(expected.mask.shape), bool)
        mask[item.box.slices] = item.mask > 0
        assert item.area == mask.sum()
        assert np.count_nonzero(mask != expected.mask.numpy()) <= most_pixels
