"""RoIAlign: features of regions, interpolated (He et al., "Mask R-CNN", ICCV 2017).

As torchvision's `roi_align` with `aligned=False`: edges are cell centres' coordinates, a region has
a side of at least one cell, and what lies more than a cell outside is 0.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# Samples of a cell's side in networks.
SAMPLES = 2
# Side in pixels of a region that belongs to this level, the first being 2 (Lin et al., "Feature
# Pyramid Networks", CVPR 2017).
_SIDE, _LEVEL, _FIRST = 224.0, 4, 2


def roi_align(
    features: Tensor, images: Tensor, boxes: Tensor, side: int, scale: float, samples: int = SAMPLES
) -> Tensor:
    """Return (K, C, side, side) of boxes (K, 4) in the `images` (K,) of features (N, C, H, W).

    `scale` leads from the boxes' pixels to cells; each cell of the answer is the mean of
    `samples` x `samples` values.
    """
    region: Tensor = _RoiAlign.apply(features.float(), images, boxes.float(), side, scale, samples)
    return region


def roi_align_adaptive(masks: Tensor, images: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Return the same of masks (N, 1, H, W), with samples for each of their pixels."""
    sizes = ((boxes[:, 2:] - boxes[:, :2]).clamp(min=1) / side).ceil().long()
    answer = masks.new_zeros((len(boxes), masks.shape[1], side, side))
    for pair in sizes.unique(dim=0):
        own = (sizes == pair).all(dim=1)
        counts = int(pair[1]), int(pair[0])
        answer[own] = _sampled(masks, images[own], boxes[own], side, 1.0, counts)
    return answer


def pyramid_roi_align(
    levels: Sequence[Tensor], scales: Sequence[float], images: Tensor, boxes: Tensor, side: int
) -> Tensor:
    """Return (K, C, side, side), of each box from the level of its size."""
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
    level = torch.floor(_LEVEL + torch.log2(areas.sqrt() / _SIDE) + 1e-6)
    level = level.clamp(_FIRST, _FIRST + len(levels) - 1) - _FIRST
    places, parts = [], []
    for index, (features, scale) in enumerate(zip(levels, scales, strict=True)):
        own = torch.nonzero(level == index)[:, 0]
        places.append(own)
        parts.append(roi_align(features, images[own], boxes[own], side, scale))
    return torch.cat(parts)[torch.cat(places).argsort()]


def _sampled(
    features: Tensor,
    images: Tensor,
    boxes: Tensor,
    side: int,
    scale: float,
    counts: tuple[int, int],
) -> Tensor:
    """Return (K, C, side, side) with so many samples of a cell's height and width."""
    _, channels, height, width = features.shape
    rows = _axis(boxes[:, 1], boxes[:, 3], side, scale, counts[0], height)
    columns = _axis(boxes[:, 0], boxes[:, 2], side, scale, counts[1], width)
    flat = features.permute(0, 2, 3, 1).reshape(-1, channels)
    answer: Tensor | float = 0.0
    for row, row_weight in rows:
        for column, column_weight in columns:
            place = (images[:, None, None] * height + row[:, :, None]) * width + column[:, None]
            weight = row_weight[:, :, None] * column_weight[:, None]
            answer = answer + flat[place] * weight[..., None].to(flat.dtype)
    assert isinstance(answer, Tensor)
    cells = answer.reshape(len(boxes), side, counts[0], side, counts[1], channels).mean(dim=(2, 4))
    return cells.permute(0, 3, 1, 2)


def _axis(
    first: Tensor, last: Tensor, side: int, scale: float, count: int, length: int
) -> list[tuple[Tensor, Tensor]]:
    """Return the two cells (K, S) that each sample lies between on an axis, and their weights."""
    begin = first[:, None] * scale
    size = ((last - first)[:, None] * scale).clamp(min=1.0)
    steps = (torch.arange(side * count, device=first.device) + 0.5) / (side * count)
    place = begin + size * steps
    is_inside = ((place >= -1) & (place <= length)).float()
    place = place.clamp(0, length - 1)
    low = place.floor()
    share = place - low
    low = low.long()
    high = (low + 1).clamp(max=length - 1)
    return [(low, (1 - share) * is_inside), (high, share * is_inside)]


class _RoiAlign(torch.autograd.Function):
    """Plain torch with its own gradient; ONNX's own operator when it is exported."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        images: Tensor,
        boxes: Tensor,
        side: int,
        scale: float,
        samples: int,
    ) -> Tensor:
        ctx.save_for_backward(images, boxes)
        ctx.shape, ctx.dtype = features.shape, features.dtype
        ctx.numbers = side, scale, (samples, samples)
        return _sampled(features, images, boxes, side, scale, (samples, samples))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        images, boxes = ctx.saved_tensors
        # Linear in the features: the gradient does not depend on their values.
        zeros = torch.zeros(ctx.shape, dtype=ctx.dtype, device=boxes.device, requires_grad=True)
        with torch.enable_grad():
            answer = _sampled(zeros, images, boxes, *ctx.numbers)
        (gradient,) = torch.autograd.grad(answer, zeros, gradients[0].to(answer.dtype))
        return gradient, None, None, None, None, None

    @staticmethod
    def symbolic(
        g: Any, features: Any, images: Any, boxes: Any, side: int, scale: float, samples: int
    ) -> Any:
        return g.op(
            "RoiAlign", features, boxes, images, mode_s="avg", sampling_ratio_i=samples,
            coordinate_transformation_mode_s="output_half_pixel", spatial_scale_f=scale,
            output_height_i=side, output_width_i=side,
        )  # fmt: skip
