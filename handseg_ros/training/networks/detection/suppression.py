"""Non-maximum suppression: of boxes that overlap the most certain one stays."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from handseg_ros.training.networks.detection.boxes import overlaps


def suppressed(boxes: Tensor, scores: Tensor, most_overlap: float) -> Tensor:
    """Return the places of the boxes (N, 4) that stay, the most certain first.

    A box goes where one that stays is more certain and overlaps it by more than `most_overlap`.
    """
    kept: Tensor = _Suppression.apply(boxes.float(), scores.float(), most_overlap)
    return kept


def _greedy(boxes: Tensor, scores: Tensor, most_overlap: float) -> Tensor:
    """Settle all boxes at once, again and again until none changes.

    The first box is right after the first round, and each after those before it: what does not
    change any more is what going from box to box would give.
    """
    order = scores.argsort(descending=True, stable=True)
    beats = (overlaps(boxes[order], boxes[order]) > most_overlap).triu(diagonal=1)
    stays = torch.ones_like(order, dtype=torch.bool)
    while True:
        settled = ~(beats & stays[:, None]).any(dim=0)
        if torch.equal(settled, stays):
            return order[stays]
        stays = settled


class _Suppression(torch.autograd.Function):
    """The same as ONNX's own operator when it is exported."""

    @staticmethod
    def forward(ctx: Any, boxes: Tensor, scores: Tensor, most_overlap: float) -> Tensor:
        return _greedy(boxes.detach(), scores.detach(), most_overlap)

    @staticmethod
    def symbolic(g: Any, boxes: Any, scores: Any, most_overlap: float) -> Any:
        axis, axes = (g.op("Constant", value_t=torch.tensor(value)) for value in ([0], [0, 1]))
        limits = torch.tensor([2**31 - 1]), torch.tensor([most_overlap])
        found = g.op(
            "NonMaxSuppression",
            g.op("Unsqueeze", boxes, axis),
            g.op("Unsqueeze", scores, axes),
            *(g.op("Constant", value_t=limit) for limit in limits),
        )
        # Its rows are image, class and place.
        return g.op("Gather", found, g.op("Constant", value_t=torch.tensor(2)), axis_i=1)
