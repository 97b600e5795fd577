"""Non-maximum suppression for networks of the tests: in torch, and as ONNX's own operator."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import numpy as np
import torch


class Suppression(torch.autograd.Function):
    """The places of the boxes (N, 4) that stay, the most certain first, at most `most`."""

    @staticmethod
    def forward(
        ctx: Any, boxes: torch.Tensor, scores: torch.Tensor, overlap: float, least: float, most: int
    ) -> torch.Tensor:
        """Compare each box with all more certain ones."""
        kept: list[int] = []
        sizes = boxes[:, 2:] - boxes[:, :2]
        low, high, areas = boxes[:, :2].numpy(), boxes[:, 2:].numpy(), sizes.prod(dim=1).numpy()
        certain = scores > least
        for place in scores.argsort(descending=True)[: int(certain.sum())].tolist():
            shared = np.minimum(high[kept], high[place]) - np.maximum(low[kept], low[place])
            common = shared.clip(min=0).prod(axis=1)
            if (common <= overlap * (areas[kept] + areas[place] - common)).all():
                kept.append(place)
        return torch.tensor(kept[:most], dtype=torch.int64)

    @staticmethod
    def symbolic(g: Any, boxes: Any, scores: Any, overlap: float, least: float, most: int) -> Any:
        """Return ONNX's operator, of whose rows (image, class, place) the last is taken."""
        one = g.op("Constant", value_t=torch.tensor([0]))
        two = g.op("Constant", value_t=torch.tensor([0, 1]))
        limits = (torch.tensor([most]), torch.tensor([overlap]), torch.tensor([least]))
        found = g.op(
            "NonMaxSuppression",
            g.op("Unsqueeze", boxes, one),
            g.op("Unsqueeze", scores, two),
            *(g.op("Constant", value_t=limit) for limit in limits),
        )
        last = g.op("Constant", value_t=torch.tensor(2))
        return g.op("Gather", found, last, axis_i=1)
