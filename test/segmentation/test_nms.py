"""Guards non-maximum suppression: which boxes stay, and in which order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.segmentation.decoders.nms import nms


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = np.prod(np.maximum(high - low, 0))
    union = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - common
    return float(common / union)


def _one_by_one(edges: np.ndarray, scores: np.ndarray, iou_threshold: float) -> list[int]:
    kept: list[int] = []
    for place in sorted(range(len(scores)), key=lambda place: -scores[place]):
        if all(_overlap(edges[place], edges[other]) <= iou_threshold for other in kept):
            kept.append(place)
    return kept


@pytest.mark.parametrize("iou_threshold", [0.0, 0.3, 0.7, 1.0])
def test_what_stays_is_what_comparing_one_by_one_leaves(iou_threshold: float) -> None:
    random = np.random.default_rng(0)
    low = random.uniform(0, 100, (80, 2))
    edges = np.concatenate([low, low + random.uniform(5, 60, (80, 2))], axis=1)
    scores = random.uniform(0, 1, 80)
    found = nms(edges, scores, iou_threshold, 255)
    assert found.tolist() == _one_by_one(edges, scores, iou_threshold)
    assert nms(edges, scores, iou_threshold, 5).tolist() == found[:5].tolist()


def test_nothing_of_nothing() -> None:
    assert nms(np.zeros((0, 4)), np.zeros(0), 0.5, 255).size == 0


def test_boxes_without_an_area_disturb_nobody() -> None:
    edges = np.array([[5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 10.0, 10.0], [1.0, 0.0, 10.0, 10.0]])
    assert nms(edges, np.array([0.9, 0.8, 0.7]), 0.5, 255).tolist() == [0, 1]
