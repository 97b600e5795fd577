"""What is known of an image: its hands, and where nobody knows of any."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from handseg_ros.training.networks.detection.boxes import areas, clipped

# A hand fills about half of its box, and a box that overlaps that by half has a third of the hand.
_MOST_UNKNOWN = 0.3


@dataclass(frozen=True)
class Known:
    """Boxes (M, 4), labels (M,) from 1 on and masks uint8 (M, H, W) of hands.

    `unknown`, uint8 (H, W), is 1 where a hand may be or may end that has no box: nothing there is
    known to be background.
    """

    boxes: Tensor
    labels: Tensor
    masks: Tensor
    unknown: Tensor

    def may_hide_hands(self, boxes: Tensor) -> Tensor:
        """Return which boxes (N, 4) lie on unknown pixels to so great a part, bool (N,)."""
        return unknown_shares(self.unknown, boxes) > _MOST_UNKNOWN


def unknown_shares(unknown: Tensor, boxes: Tensor) -> Tensor:
    """Return the shares (N,) of what boxes (N, 4) see of the image that are unknown pixels.

    Edges are rounded to pixels; `unknown` is uint8 (H, W).
    """
    height, width = unknown.shape
    # As table of sums (Crow, SIGGRAPH 1984): each place has the count above and left of it.
    sums = torch.zeros((height + 1, width + 1), dtype=torch.int64, device=unknown.device)
    sums[1:, 1:] = unknown.long().cumsum(dim=0).cumsum(dim=1)
    inside = clipped(boxes, (height, width)).round().long()
    left, top, right, bottom = inside.unbind(dim=1)
    counts = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return counts / areas(inside).clamp(min=1)
