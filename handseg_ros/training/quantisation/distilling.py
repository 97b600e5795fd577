"""How far a network's maps are from those of the network that it learns from."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.field_types import NotNegative
from handseg_ros.training.network import MAPS, OFFSET_UNIT

# Where the teacher sees no hand at all, differences still count like those in so many cells.
_FEWEST_CELLS = 100.0
_OFFSETS = slice(MAPS.index("offset_x"), MAPS.index("offset_y") + 1)


@dataclass(frozen=True)
class DistillationWeights(StrictFields):
    """What each part of `distillation_parts` counts for."""

    mask: NotNegative = 2.0
    centre: NotNegative = 1.0
    offset: NotNegative = 1.0
    side: NotNegative = 0.5


def distillation_parts(maps: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Return how far `maps` are from the teacher's, `wanted`, both (N, 5, h, w); 0 where alike.

    Chances are compared by their Kullback-Leibler divergence (Hinton et al., "Distilling the
    Knowledge in a Neural Network", 2015), offsets by a smooth distance. All are sums over the cells
    of a batch, sides and offsets where there is a hand, divided by the number of cells of hands.
    """
    hand = torch.sigmoid(wanted[:, MAPS.index("mask")])
    cells = hand.sum().clamp(min=_FEWEST_CELLS)
    away = smooth_l1_loss(
        maps[:, _OFFSETS] / OFFSET_UNIT, wanted[:, _OFFSETS] / OFFSET_UNIT, reduction="none",
        beta=0.2,
    )  # fmt: skip
    return {
        "mask": _divergence(maps, wanted, "mask").sum() / cells,
        "centre": _divergence(maps, wanted, "centre").sum() / cells,
        "offset": (away.sum(dim=1) * hand).sum() / cells,
        "side": (_divergence(maps, wanted, "side") * hand).sum() / cells,
    }


def _divergence(maps: Tensor, wanted: Tensor, name: str) -> Tensor:
    index = MAPS.index(name)
    found, known = maps[:, index], wanted[:, index]
    chance = torch.sigmoid(known)
    crossed = binary_cross_entropy_with_logits(found, chance, reduction="none")
    return crossed - binary_cross_entropy_with_logits(known, chance, reduction="none")
