"""Which known box a box stands for, and which boxes a step learns from."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from handseg_ros.training.networks.detection.boxes import overlaps

# What a box is that stands for none.
NONE, UNCLEAR = -1, -2


@dataclass(frozen=True)
class Matching:
    """Boxes that overlap a known one by `high` stand for it, by less than `low` for none.

    With `every` each known box has those that overlap it most, however little that is.
    """

    high: float
    low: float
    every: bool = False

    def match(self, boxes: Tensor, known: Tensor) -> Tensor:
        """Return for each of the boxes (N, 4) the place of its known one, `NONE` or `UNCLEAR`."""
        if not len(known):
            return torch.full((len(boxes),), NONE, device=boxes.device)
        table = overlaps(known, boxes)
        best, place = table.max(dim=0)
        unclear = place.new_full((), UNCLEAR)
        matched = torch.where(best >= self.high, place, unclear)
        matched = torch.where(best < self.low, place.new_full((), NONE), matched)
        if self.every:
            is_best = (table == table.max(dim=1, keepdim=True).values).any(dim=0)
            matched = torch.where(is_best, place, matched)
        return matched


def sampled(positive: Tensor, negative: Tensor, count: int, share: float) -> tuple[Tensor, Tensor]:
    """Return places of at most `count` boxes by chance, at most a share of them positive.

    `positive` and `negative` are bool (N,).
    """
    chosen = _some(positive, int(count * share))
    return chosen, _some(negative, count - len(chosen))


def _some(which: Tensor, count: int) -> Tensor:
    places = torch.nonzero(which)[:, 0]
    return places[torch.randperm(len(places), device=places.device)[:count]]
