"""Guards the parts of Mask R-CNN against answers worked out one by one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from handseg_ros.training.networks.detection.anchors import anchors, shapes
from handseg_ros.training.networks.detection.boxes import decoded, encoded, overlaps
from handseg_ros.training.networks.detection.matching import NONE, UNCLEAR, Matching, sampled
from handseg_ros.training.networks.detection.roi_align import pyramid_roi_align, roi_align
from handseg_ros.training.networks.detection.suppression import suppressed


def _boxes(count: int, seed: int, size: float = 40.0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    low = torch.rand(count, 2, generator=random) * size
    return torch.cat([low, low + 1 + torch.rand(count, 2, generator=random) * size], dim=1)


def _overlap(first: list[float], second: list[float]) -> float:
    wide = max(0.0, min(first[2], second[2]) - max(first[0], second[0]))
    high = max(0.0, min(first[3], second[3]) - max(first[1], second[1]))
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return wide * high / (sum(sizes) - wide * high)


def test_overlaps_are_intersections_over_union() -> None:
    first, second = _boxes(7, 0), _boxes(5, 1)
    wanted = [[_overlap(a, b) for b in second.tolist()] for a in first.tolist()]
    torch.testing.assert_close(overlaps(first, second), torch.tensor(wanted))


@pytest.mark.parametrize("most", [0.2, 0.5, 0.7])
def test_suppression_is_that_of_box_after_box(most: float) -> None:
    boxes, scores = _boxes(60, 2), torch.rand(60, generator=torch.Generator().manual_seed(3))
    kept: list[int] = []
    for place in scores.argsort(descending=True).tolist():
        if all(_overlap(boxes[place].tolist(), boxes[k].tolist()) <= most for k in kept):
            kept.append(place)
    assert suppressed(boxes, scores, most).tolist() == kept
    assert 5 < len(kept) < 60


def _bilinear(plane: Tensor, y: float, x: float) -> float:
    height, width = plane.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = min(max(y, 0.0), height - 1), min(max(x, 0.0), width - 1)
    top, left = math.floor(y), math.floor(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    upper = plane[top, left] * (1 - x + left) + plane[top, right] * (x - left)
    lower = plane[bottom, left] * (1 - x + left) + plane[bottom, right] * (x - left)
    return float(upper * (1 - y + top) + lower * (y - top))


def _region(plane: Tensor, box: list[float], side: int, scale: float) -> Tensor:
    x, y, right, bottom = (value * scale for value in box)
    wide, high = max(right - x, 1.0) / side, max(bottom - y, 1.0) / side
    answer = torch.zeros(side, side)
    for row in range(side):
        for column in range(side):
            places = [
                (y + (row + (i + 0.5) / 2) * high, x + (column + (j + 0.5) / 2) * wide)
                for i in range(2)
                for j in range(2)
            ]
            answer[row, column] = sum(_bilinear(plane, *place) for place in places) / 4
    return answer


def test_regions_are_sampled_cell_by_cell() -> None:
    random = torch.Generator().manual_seed(4)
    features = torch.randn(2, 1, 9, 11, generator=random)
    boxes = torch.cat([_boxes(4, 5), torch.tensor([[-30.0, -30, 10, 10], [60, 40, 120, 90]])])
    images = torch.tensor([0, 1, 1, 0, 1, 0])
    found = roi_align(features, images, boxes, 3, 0.25)
    wanted = [
        _region(features[image, 0], box, 3, 0.25)
        for image, box in zip(images.tolist(), boxes.tolist(), strict=True)
    ]
    torch.testing.assert_close(found[:, 0], torch.stack(wanted))


def test_regions_have_the_gradient_of_their_samples() -> None:
    features = torch.randn(1, 2, 5, 6, generator=torch.Generator().manual_seed(6))
    features.requires_grad_(True)
    boxes, images = _boxes(3, 7, 10.0), torch.zeros(3, dtype=torch.int64)
    weights = torch.randn(3, 2, 2, 2, generator=torch.Generator().manual_seed(8))

    def total(values: Tensor) -> Tensor:
        return (roi_align(values, images, boxes, 2, 0.5) * weights).sum()

    (gradient,) = torch.autograd.grad(total(features), features)
    other = torch.randn_like(features)
    with torch.no_grad():
        torch.testing.assert_close(total(other), (gradient * other).sum(), rtol=1e-4, atol=1e-4)


def test_large_regions_are_seen_on_coarse_levels() -> None:
    levels = [torch.full((1, 1, 64 // 2**k, 64 // 2**k), float(k)) for k in range(4)]
    sides = (50.0, 150.0, 300.0, 600.0)
    boxes = torch.tensor([[0.0, 0, side, side] for side in (600.0, *sides)])
    scales = [1 / 2 ** (k + 2) for k in range(4)]
    images = torch.zeros(5, dtype=torch.int64)
    found = pyramid_roi_align(levels, scales, images, boxes / 4, 1).flatten()
    # All below 112 pixels are on the finest level.
    assert found.tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]
    found = pyramid_roi_align(levels, scales, images, boxes.clamp(max=255), 1).flatten()
    assert found.tolist() == [2.0, 0.0, 1.0, 2.0, 2.0]


def test_moves_lead_from_box_to_box() -> None:
    boxes, origins = _boxes(6, 9), _boxes(6, 10)
    moves = encoded(boxes, origins, (10.0, 10.0, 5.0, 5.0))
    torch.testing.assert_close(
        decoded(moves[:, None], origins, (10.0, 10.0, 5.0, 5.0))[:, 0], boxes
    )
    one = encoded(torch.tensor([[0.0, 0, 4, 8]]), torch.tensor([[0.0, 0, 2, 2]]), (1.0,) * 4)
    torch.testing.assert_close(one, torch.tensor([[0.5, 1.5, math.log(2), math.log(4)]]))


def test_anchors_stand_around_the_cells_corners() -> None:
    wanted = [[-23.0, -11, 23, 11], [-16, -16, 16, 16], [-11, -23, 11, 23]]
    assert shapes(32.0).tolist() == wanted
    levels = [torch.zeros(1, 1, max(1, 32 // 2**k), max(1, 64 // 2**k)) for k in range(2, 7)]
    found = anchors((32, 64), levels)
    assert [len(level) for level in found] == [8 * 16 * 3, 4 * 8 * 3, 2 * 4 * 3, 2 * 3, 3]
    # Row 2, column 5 of stride 4: its square.
    assert found[0][(2 * 16 + 5) * 3 + 1].tolist() == [20.0 - 16, 8 - 16, 20 + 16, 8 + 16]


def test_boxes_stand_for_what_they_overlap() -> None:
    known = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]])
    boxes = torch.tensor([[0.0, 0, 10, 9], [0, 0, 10, 5], [0, 20, 9, 30], [55, 55, 80, 80]])
    assert Matching(0.7, 0.3).match(boxes, known).tolist() == [0, UNCLEAR, NONE, NONE]
    assert Matching(0.7, 0.3, every=True).match(boxes, known).tolist() == [0, UNCLEAR, NONE, 1]
    assert Matching(0.7, 0.3).match(boxes, known[:0]).tolist() == [NONE] * 4


def test_a_share_of_the_samples_is_positive() -> None:
    positive = torch.arange(100) < 30
    chosen, others = sampled(positive, ~positive, 40, 0.5)
    assert (len(chosen), len(others)) == (20, 20)
    assert positive[chosen].all()
    assert not positive[others].any()
    chosen, others = sampled(positive[25:], ~positive[25:], 40, 0.5)
    assert (len(chosen), len(others)) == (5, 35)
