"""A small Mask R-CNN in plain torch, for tests of detectors; exported, it has ONNX's own operators.

The parts are those of He et al., "Mask R-CNN" (2017): a backbone, a region proposal network over
anchors of three sizes and shapes, a box head and a mask head of 28x28 cells on aligned regions, and
non-maximum suppression after each. All of it is narrow, with one level of features at stride 8. The
weights are random. Only the half-pixel regions of ONNX's RoiAlign are known to it (operator set
16), which are detectron2's; torchvision's lie half a pixel beside, which is the network's business.

It is built beside the Mask R-CNN of `handseg train`, as that one has torchvision's regions and its
layout alone, and one size of input: files of other people have others.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from typing import Any

import torch
from support.suppression import Suppression
from torch import nn
from torch.nn import functional

OPSET = 16
STRIDE = 8
WIDTH = 32
_SIZES, _SHAPES = (32.0, 64.0, 128.0), (0.5, 1.0, 2.0)
_PROPOSALS, _BEST, _DETECTIONS = 40, 200, 16
# How far two classes' boxes are moved apart, so that one suppression serves each class alone.
_APART = 4096.0


class RoiAlign(torch.autograd.Function):
    """Regions (N, 4) of features (1, C, H, W) as (N, C, side, side), of 2x2 samples a cell."""

    @staticmethod
    def forward(ctx: Any, features: torch.Tensor, regions: torch.Tensor, side: int) -> torch.Tensor:
        """Sample with torch's own grid_sample."""
        height, width = features.shape[2:]
        steps = (torch.arange(2 * side) + 0.5) / (2 * side)
        scaled = regions / STRIDE
        places = []
        for first, last, size in ((0, 2, width), (1, 3, height)):
            begin, length = scaled[:, first, None], (scaled[:, last] - scaled[:, first])[:, None]
            places.append((begin + steps * length - 0.5) * 2 / (size - 1) - 1)
        count = len(regions)
        x = places[0][:, None, :].expand(count, 2 * side, 2 * side)
        y = places[1][:, :, None].expand(count, 2 * side, 2 * side)
        samples = functional.grid_sample(
            features.expand(count, -1, -1, -1), torch.stack([x, y], dim=3),
            mode="bilinear", padding_mode="border", align_corners=True,
        )  # fmt: skip
        return functional.avg_pool2d(samples, 2)

    @staticmethod
    def symbolic(g: Any, features: Any, regions: Any, side: int) -> Any:
        """Return ONNX's operator."""
        zero = g.op("Constant", value_t=torch.tensor([0]))
        count = g.op(
            "Slice", g.op("Shape", regions), zero, g.op("Constant", value_t=torch.tensor([1]))
        )
        images = g.op("ConstantOfShape", count, value_t=torch.tensor([0]))
        return g.op(
            "RoiAlign", features, regions, images, mode_s="avg", sampling_ratio_i=2,
            coordinate_transformation_mode_s="half_pixel", spatial_scale_f=1 / STRIDE,
            output_height_i=side, output_width_i=side,
        )  # fmt: skip


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1), nn.ReLU())


def _moved(boxes: torch.Tensor, by: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """Return boxes (N, 4) moved and scaled by (N, 4), and cut to the image's width and height."""
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size / 2 + by[:, :2] * size
    half = size * by[:, 2:].clamp(max=math.log(4.0)).exp() / 2
    low = torch.minimum((centre - half).clamp(min=0), image - 1)
    high = torch.minimum((centre + half).clamp(min=1), image)
    return torch.cat([low, high], dim=1)


class MaskRcnn(nn.Module):
    """An image (3, H, W), RGB from 0 to 1, becomes boxes, labels, scores and masks of each class.

    That is (N, 4) as x1, y1, x2, y2 in the image, int64 (N,) from 1 on, (N,) and (N, classes, 28,
    28), the background being a class.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        anchors = len(_SIZES) * len(_SHAPES)
        self.backbone = nn.Sequential(
            _convolution(3, WIDTH // 2, 2),
            _convolution(WIDTH // 2, WIDTH, 2),
            _convolution(WIDTH, WIDTH, 2),
            _convolution(WIDTH, WIDTH),
        )
        self.proposing = _convolution(WIDTH, WIDTH)
        self.objectness = nn.Conv2d(WIDTH, anchors, 1)
        self.anchor_moves = nn.Conv2d(WIDTH, 4 * anchors, 1)
        self.box_head = nn.Sequential(nn.Linear(WIDTH * 49, 64), nn.ReLU())
        self.class_logits = nn.Linear(64, classes)
        self.box_moves = nn.Linear(64, 4 * classes)
        self.mask_head = nn.Sequential(
            _convolution(WIDTH, WIDTH),
            _convolution(WIDTH, WIDTH),
            nn.ConvTranspose2d(WIDTH, WIDTH, 2, 2),
            nn.ReLU(),
        )
        self.mask_logits = nn.Conv2d(WIDTH, classes, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what is found, in no order of importance."""
        features = self.backbone(image[None] * 4 - 2)
        size = _size(image)
        proposals = self._proposals(features, size)
        boxes, labels, scores = self._boxes(features, proposals, size)
        return boxes, labels, scores, self.masks(features, boxes)

    def _proposals(self, features: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
        hidden = self.proposing(features)
        scores = self.objectness(hidden)[0].permute(1, 2, 0).reshape(-1)
        moves = self.anchor_moves(hidden)[0].permute(1, 2, 0).reshape(-1, 4)
        boxes = _moved(_anchors(features), moves, size)
        best, places = scores.sigmoid().topk(_BEST)
        boxes = boxes[places]
        return boxes[Suppression.apply(boxes, best, 0.7, 0.0, _PROPOSALS)]

    def box_answers(
        self, features: torch.Tensor, proposals: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return each proposal's class logits (N, classes) and moves (N, classes, 4)."""
        hidden = self.box_head(RoiAlign.apply(features, proposals, 7).flatten(1))
        return self.class_logits(hidden), self.box_moves(hidden).reshape(-1, self.classes, 4)

    def _boxes(
        self, features: torch.Tensor, proposals: torch.Tensor, size: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        logits, moves = self.box_answers(features, proposals)
        others = range(1, self.classes)
        scores = logits.softmax(dim=1)[:, 1:].t().reshape(-1)
        boxes = torch.cat([_moved(proposals, moves[:, label], size) for label in others])
        ones = torch.ones_like(proposals[:, 0])
        labels = torch.cat([ones * label for label in others])
        apart = boxes + labels[:, None] * _APART
        kept = Suppression.apply(apart, scores, 0.5, 0.05, _DETECTIONS)
        return boxes[kept], labels[kept].to(torch.int64), scores[kept]

    def masks(self, features: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of the masks of every class, (N, classes, 28, 28)."""
        return self.mask_logits(self.mask_head(RoiAlign.apply(features, boxes, 14))).sigmoid()


def _size(image: torch.Tensor) -> torch.Tensor:
    """Return width and height of (C, H, W), float32 (2,), such that an exported graph asks too."""
    return torch.stack([torch.ones_like(image[0, 0]).sum(), torch.ones_like(image[0, :, 0]).sum()])


def _anchors(features: torch.Tensor) -> torch.Tensor:
    """Return the anchors of each cell, (rows * columns * anchors, 4)."""
    shapes = torch.tensor(
        [(size / shape**0.5, size * shape**0.5) for size in _SIZES for shape in _SHAPES]
    )
    one = torch.ones_like(features[0, 0])
    x = (one.cumsum(dim=1) - 0.5) * STRIDE
    y = (one.cumsum(dim=0) - 0.5) * STRIDE
    centre = torch.stack([x, y], dim=2)[:, :, None]
    return torch.cat([centre - shapes / 2, centre + shapes / 2], dim=3).reshape(-1, 4)


def random_mask_rcnn(classes: int, image: torch.Tensor) -> MaskRcnn:
    """Return a network of random weights (seed 0) whose answers on an image differ from each other.

    The logits of its classes and masks are scaled and shifted until each class wins somewhere.
    """
    torch.manual_seed(0)
    network = MaskRcnn(classes).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    with torch.no_grad():
        network.anchor_moves.weight.mul_(0.2)
        network.box_moves.weight.mul_(0.1)
        features = network.backbone(image[None] * 4 - 2)
        proposals = network._proposals(features, _size(image))
        logits, _ = network.box_answers(features, proposals)
        _spread(network.class_logits, logits, 3.0)
        aligned = RoiAlign.apply(features, proposals, 14)
        masks = network.mask_logits(network.mask_head(aligned))
        _spread(network.mask_logits, masks.permute(0, 2, 3, 1).reshape(-1, classes), 3.0)
    return network


def _spread(last: nn.Conv2d | nn.Linear, logits: torch.Tensor, width: float) -> None:
    """Let a layer's answers, (N, channels), have a mean of 0 and this standard deviation."""
    assert last.bias is not None
    scale = width / logits.std(dim=0)
    last.weight.mul_(scale.reshape(-1, *[1] * (last.weight.ndim - 1)))
    last.bias.copy_((last.bias - logits.mean(dim=0)) * scale)
