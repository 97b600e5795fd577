"""The region proposal network (Ren et al., "Faster R-CNN", NIPS 2015), as torchvision has it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from handseg_ros.training.networks.detection.anchors import RATIOS, anchors
from handseg_ros.training.networks.detection.boxes import (
    Weights,
    clipped,
    decoded,
    encoded,
    large_enough,
)
from handseg_ros.training.networks.detection.known import Known
from handseg_ros.training.networks.detection.matching import NONE, Matching, sampled
from handseg_ros.training.networks.detection.suppression import suppressed

_WEIGHTS: Weights = (1.0, 1.0, 1.0, 1.0)
_MATCHING = Matching(0.7, 0.3, every=True)
_SAMPLES, _POSITIVE_SHARE = 256, 0.5
# Of each level before suppression, and of all after it: in training and without.
_MOST = {True: 2000, False: 1000}
_OVERLAP = 0.7
_SMALLEST = 1e-3
SMOOTH = 1 / 9


class ProposalHead(nn.Module):
    """For each anchor the logit of being something, and its move, of each level."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        count = len(RATIOS)
        layer = nn.Conv2d(channels, channels, 3, 1, 1)
        self.conv = nn.Sequential(nn.Sequential(layer, nn.ReLU()))
        self.cls_logits = nn.Conv2d(channels, count, 1)
        self.bbox_pred = nn.Conv2d(channels, 4 * count, 1)
        for module in (layer, self.cls_logits, self.bbox_pred):
            nn.init.normal_(module.weight, std=0.01)
            assert module.bias is not None
            nn.init.zeros_(module.bias)

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, anchors) and moves (N, anchors, 4) in the anchors' order."""
        hidden, count = self.conv(level), len(level)
        logits = self.cls_logits(hidden).permute(0, 2, 3, 1).reshape(count, -1)
        moves = self.bbox_pred(hidden).permute(0, 2, 3, 1).reshape(count, -1, 4)
        return logits.float(), moves.float()


class ProposalNetwork(nn.Module):
    """Where something is: boxes of each image, and what they cost where it is known."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = ProposalHead(channels)

    def forward(
        self, image: tuple[int, int], levels: Sequence[Tensor], known: Sequence[Known] | None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return proposals (K, 4) of each image, and losses where it is given what is known."""
        logits, moves = zip(*(self.head(level) for level in levels), strict=True)
        places = anchors(image, levels)
        found = []
        for index in range(len(levels[0])):
            own = [
                (a[index].detach(), b[index].detach()) for a, b in zip(logits, moves, strict=True)
            ]
            found.append(self._proposals(own, places, image))
        if known is None:
            return found, {}
        return found, proposal_loss(
            torch.cat(logits, dim=1), torch.cat(moves, dim=1), torch.cat(places), known
        )

    def _proposals(
        self,
        levels: Sequence[tuple[Tensor, Tensor]],
        places: Sequence[Tensor],
        image: tuple[int, int],
    ) -> Tensor:
        most, boxes, scores = _MOST[self.training], [], []
        for (logits, moves), origins in zip(levels, places, strict=True):
            best, chosen = logits.topk(min(most, len(origins)))
            own = decoded(moves[chosen][:, None], origins[chosen], _WEIGHTS)[:, 0]
            own = clipped(own, image)
            fits = torch.nonzero(large_enough(own, _SMALLEST))[:, 0]
            own, best = own[fits], best[fits].sigmoid()
            kept = suppressed(own, best, _OVERLAP)
            boxes.append(own[kept])
            scores.append(best[kept])
        order = torch.cat(scores).argsort(descending=True)[:most]
        return torch.cat(boxes)[order]


def proposal_loss(
    logits: Tensor, moves: Tensor, origins: Tensor, known: Sequence[Known]
) -> dict[str, Tensor]:
    """Return the losses of logits (N, anchors) and moves (N, anchors, 4).

    Anchors that may show a hand of which nobody knows have no part in them.
    """
    chosen_logits, answers, chosen_moves, wanted, samples = [], [], [], [], 0
    for own, own_moves, each in zip(logits, moves, known, strict=True):
        matched = _MATCHING.match(origins, each.boxes)
        is_background = (matched == NONE) & ~each.may_hide_hands(origins)
        positive, negative = sampled(matched >= 0, is_background, _SAMPLES, _POSITIVE_SHARE)
        chosen_logits.append(own[torch.cat([positive, negative])])
        answers.append(torch.cat([own.new_ones(len(positive)), own.new_zeros(len(negative))]))
        chosen_moves.append(own_moves[positive])
        wanted.append(encoded(each.boxes[matched[positive]], origins[positive], _WEIGHTS))
        samples += len(positive) + len(negative)
    box_loss = functional.smooth_l1_loss(
        torch.cat(chosen_moves), torch.cat(wanted), beta=SMOOTH, reduction="sum"
    )
    objectness = functional.binary_cross_entropy_with_logits(
        torch.cat(chosen_logits), torch.cat(answers), reduction="sum"
    )
    return {
        "loss_objectness": objectness / max(samples, 1),
        "loss_rpn_box_reg": box_loss / max(samples, 1),
    }
