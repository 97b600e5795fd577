"""How far the maps are from their targets."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.field_types import NotNegative
from handseg_ros.training.network import OFFSET_UNIT


@dataclass(frozen=True)
class LossWeights(StrictFields):
    """What each part of the loss counts for."""

    mask: NotNegative = 1.0
    dice: NotNegative = 1.0
    centre: NotNegative = 0.5
    offset: NotNegative = 0.5
    side: NotNegative = 0.2


def hand_loss(
    maps: Tensor, targets: Tensor, weights: LossWeights
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Return the weighted sum and its parts, as they are without weights.

    `maps` is the network's output (N, 5, h, w), `targets` is `Targets.stacked()` of each sample,
    (N, 9, h, w).
    """
    parts = loss_parts(maps, targets)
    total = sum(weighted(parts, weights).values(), torch.zeros(()))
    return total, {name: part.detach() for name, part in parts.items()}


def weighted(parts: Mapping[str, Tensor], weights: StrictFields) -> dict[str, Tensor]:
    """Return each part times its weight, the field of the same name."""
    return {name: getattr(weights, name) * part for name, part in parts.items()}


def loss_parts(maps: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Return how far the maps are from their targets, as `hand_loss` takes both."""
    mask, mask_weight, centre = targets[:, 0], targets[:, 1], targets[:, 2]
    centre_weight, offset, offset_weight = targets[:, 3], targets[:, 4:6], targets[:, 6]
    side, side_weight = targets[:, 7], targets[:, 8]
    return {
        "mask": _mask_loss(maps[:, 0], mask, mask_weight),
        "dice": _dice_loss(maps[:, 0], mask, mask_weight),
        "centre": _centre_loss(maps[:, 1], centre, centre_weight),
        "offset": _mean(
            functional.smooth_l1_loss(
                maps[:, 2:4] / OFFSET_UNIT, offset / OFFSET_UNIT, reduction="none", beta=0.2
            ).sum(dim=1),
            offset_weight,
        ),
        "side": _mean(
            functional.binary_cross_entropy_with_logits(maps[:, 4], side, reduction="none"),
            side_weight,
        ),
    }


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1)


def _mask_loss(logit: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy in which cells on an outline count more, and easy ones little."""
    outline = 4 * mask * (1 - mask)
    entropy = functional.binary_cross_entropy_with_logits(logit, mask, reduction="none")
    wrong = (torch.sigmoid(logit) - mask).abs().detach()
    return 4 * _mean(entropy * (0.25 + wrong + outline), weight)


def _dice_loss(logit: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """One minus the soft Dice overlap of each picture (Milletari et al., 3DV 2016).

    The constant lets a picture without hands be answered by few marked cells, at full cost for
    many.
    """
    probability, mask = torch.sigmoid(logit) * weight, mask * weight
    both = 2 * (probability * mask).sum(dim=(1, 2)) + 10
    return (1 - both / (probability.sum(dim=(1, 2)) + mask.sum(dim=(1, 2)) + 10)).mean()


def _centre_loss(logit: Tensor, centre: Tensor, weight: Tensor) -> Tensor:
    """Focal loss of a heat map (Law and Deng, "CornerNet", ECCV 2018), for each peak."""
    peak = (centre >= 1).float() * weight
    probability = torch.sigmoid(logit)
    found = (1 - probability) ** 2 * functional.logsigmoid(logit) * peak
    around = (1 - centre) ** 4 * probability**2 * functional.logsigmoid(-logit)
    missed = around * (1 - peak) * weight
    return -(found.sum() + missed.sum()) / peak.sum().clamp(min=1)
