"""Box and mask heads of Mask R-CNN (He et al., ICCV 2017), as torchvision has them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from handseg_ros.training.networks.detection.boxes import (
    Weights,
    clipped,
    decoded,
    encoded,
    large_enough,
)
from handseg_ros.training.networks.detection.known import Known
from handseg_ros.training.networks.detection.matching import NONE, Matching, sampled
from handseg_ros.training.networks.detection.proposals import SMOOTH
from handseg_ros.training.networks.detection.roi_align import (
    pyramid_roi_align,
    roi_align_adaptive,
)
from handseg_ros.training.networks.detection.suppression import suppressed

# The label of a known hand of which nobody knows the class: the box head does not learn from it.
UNKNOWN_LABEL = -1
_WEIGHTS: Weights = (10.0, 10.0, 5.0, 5.0)
_MATCHING = Matching(0.5, 0.5)
_SAMPLES, _POSITIVE_SHARE = 512, 0.25
_LEAST_SCORE, _OVERLAP, _MOST = 0.05, 0.5, 100
_SMALLEST = 1e-2
_BOX_SIDE, _MASK_SIDE = 7, 14


@dataclass(frozen=True)
class Pyramid:
    """Features of images by level, and the scales that lead to their cells from pixels."""

    levels: Sequence[Tensor]
    image: tuple[int, int]

    def regions(self, boxes: Sequence[Tensor], side: int) -> Tensor:
        """Return (K, C, side, side) of the boxes of all images."""
        scales = [2.0 ** round(_log2(level.shape[2] / self.image[0])) for level in self.levels]
        images = torch.cat([
            torch.zeros_like(own[:, 0], dtype=torch.int64) + index
            for index, own in enumerate(boxes)
        ])  # fmt: skip
        return pyramid_roi_align(self.levels, scales, images, torch.cat(list(boxes)), side)


def _log2(share: float) -> float:
    return float(torch.tensor(share).log2())


class BoxHead(nn.Module):
    """Two layers that see a whole region."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(channels * _BOX_SIDE**2, width)
        self.fc7 = nn.Linear(width, width)

    def forward(self, regions: Tensor) -> Tensor:
        return functional.relu(self.fc7(functional.relu(self.fc6(regions.flatten(1)))))


class BoxPredictor(nn.Module):
    """Logits and moves of each class."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(width, classes)
        self.bbox_pred = nn.Linear(width, 4 * classes)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.cls_score(hidden).float()
        return logits, self.bbox_pred(hidden).float().reshape(-1, logits.shape[1], 4)


class MaskPredictor(nn.Sequential):
    """The logits of each class's mask, of 28x28 cells."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv5_mask = nn.ConvTranspose2d(channels, channels, 2, 2)
        self.relu = nn.ReLU()
        self.mask_fcn_logits = nn.Conv2d(channels, classes, 1)


def _mask_head(channels: int) -> nn.Sequential:
    layers = (nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(4))
    return nn.Sequential(*(nn.Sequential(layer, nn.ReLU()) for layer in layers))


class RoiHeads(nn.Module):
    """What the proposals of images are: boxes, classes and masks."""

    def __init__(self, channels: int, width: int, classes: int) -> None:
        super().__init__()
        self.box_head = BoxHead(channels, width)
        self.box_predictor = BoxPredictor(width, classes)
        self.mask_head = _mask_head(channels)
        self.mask_predictor = MaskPredictor(channels, classes)
        for part in (self.mask_head, self.mask_predictor):
            for module in part.modules():
                if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                    assert module.bias is not None
                    nn.init.zeros_(module.bias)

    def find(self, pyramid: Pyramid, proposals: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return boxes (K, 4), labels, scores and masks (K, 1, 28, 28) of one image."""
        logits, moves = self._predict(pyramid, [proposals])
        scores = logits.softmax(dim=1)
        every = clipped(decoded(moves, proposals, _WEIGHTS), pyramid.image)
        parts = [
            _best(every[:, label], scores[:, label], label) for label in range(1, scores.shape[1])
        ]
        boxes, chances, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        order = chances.argsort(descending=True)[:_MOST]
        boxes, labels = boxes[order], labels[order]
        masks = self._masks(pyramid, [boxes]).sigmoid()
        places = labels[:, None, None, None].expand(-1, 1, *masks.shape[2:])
        return boxes, labels, chances[order], masks.gather(1, places)

    def losses(
        self, pyramid: Pyramid, proposals: Sequence[Tensor], known: Sequence[Known]
    ) -> dict[str, Tensor]:
        """Return the losses of the proposals of each image, of which known boxes are some."""
        chosen = [_choose(own, each) for own, each in zip(proposals, known, strict=True)]
        logits, moves = self._predict(pyramid, [own.boxes for own in chosen])
        labels = torch.cat([own.labels for own in chosen])
        positive = torch.nonzero(labels > 0)[:, 0]
        own_moves = moves[positive, labels[positive]]
        wanted = torch.cat([own.moves(each) for own, each in zip(chosen, known, strict=True)])
        box = functional.smooth_l1_loss(own_moves, wanted, beta=SMOOTH, reduction="sum")
        return {
            "loss_classifier": functional.cross_entropy(logits, labels, reduction="sum")
            / max(len(labels), 1),
            "loss_box_reg": box / max(len(labels), 1),
            "loss_mask": self._mask_loss(pyramid, chosen, known),
        }

    def _predict(self, pyramid: Pyramid, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        answer: tuple[Tensor, Tensor] = self.box_predictor(
            self.box_head(pyramid.regions(boxes, _BOX_SIDE))
        )
        return answer

    def _masks(self, pyramid: Pyramid, boxes: Sequence[Tensor]) -> Tensor:
        masks: Tensor = self.mask_predictor(self.mask_head(pyramid.regions(boxes, _MASK_SIDE)))
        return masks.float()

    def _mask_loss(
        self, pyramid: Pyramid, chosen: Sequence[_Chosen], known: Sequence[Known]
    ) -> Tensor:
        positives = [own.boxes[own.labels > 0] for own in chosen]
        logits = self._masks(pyramid, positives)
        if not len(logits):
            return logits.sum() * 0  # the weights take part all the same
        side = logits.shape[2]
        wanted, certain = torch.cat([
            _mask_targets(each, own.matched[own.labels > 0], boxes, side)
            for boxes, own, each in zip(positives, chosen, known, strict=True)
        ]).unbind(dim=1)  # fmt: skip
        labels = torch.cat([own.labels[own.labels > 0] for own in chosen])
        own_logits = logits[torch.arange(len(labels), device=labels.device), labels]
        loss = functional.binary_cross_entropy_with_logits(
            own_logits, wanted, certain, reduction="sum"
        )
        return loss / certain.sum().clamp(min=1)


@dataclass(frozen=True)
class _Chosen:
    """The proposals of an image that are learnt from: boxes (K, 4), their labels, their known."""

    boxes: Tensor
    labels: Tensor
    matched: Tensor

    def moves(self, known: Known) -> Tensor:
        """Return how those that stand for a known box should move, (P, 4)."""
        positive = self.labels > 0
        return encoded(known.boxes[self.matched[positive]], self.boxes[positive], _WEIGHTS)


def _mask_targets(known: Known, matched: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Return how much of each cell of the boxes is its hand, and is not unknown: (K, 2, S, S)."""
    masks = roi_align_adaptive(known.masks[:, None].float(), matched, boxes, side)
    unknown = known.unknown[None, None].float()
    hidden = roi_align_adaptive(unknown, torch.zeros_like(matched), boxes, side)
    return torch.cat([masks, 1 - hidden], dim=1)


def _choose(proposals: Tensor, known: Known) -> _Chosen:
    boxes = torch.cat([proposals, known.boxes])
    matched = _MATCHING.match(boxes, known.boxes)
    labels = torch.zeros_like(matched)
    if len(known.labels):
        labels = torch.where(matched >= 0, known.labels[matched.clamp(min=0)], labels)
    is_background = (matched == NONE) & ~known.may_hide_hands(boxes)
    picked = torch.cat(sampled(labels > 0, is_background, _SAMPLES, _POSITIVE_SHARE))
    return _Chosen(boxes[picked], labels[picked], matched[picked])


def _best(boxes: Tensor, scores: Tensor, label: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes, scores and labels of a class that stay."""
    certain = torch.nonzero((scores > _LEAST_SCORE) & large_enough(boxes, _SMALLEST))[:, 0]
    boxes, scores = boxes[certain], scores[certain]
    kept = suppressed(boxes, scores, _OVERLAP)
    labels = torch.zeros_like(scores[kept], dtype=torch.int64) + label
    return boxes[kept], scores[kept], labels
