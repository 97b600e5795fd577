"""Non-maximum suppression: of boxes that overlap much, the most certain stays."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np


def nms(edges: np.ndarray, scores: np.ndarray, iou_threshold: float, max_count: int) -> np.ndarray:
    """Return the indices of the boxes that stay, the most certain first, at most `max_count`.

    `edges` are (N, 4) left, top, right, bottom; `scores` are (N,). A box goes where a more certain
    one that stays has an intersection over union of more than `iou_threshold` with it.
    """
    sizes = edges[:, 2:] - edges[:, :2]
    areas = sizes[:, 0] * sizes[:, 1]
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < max_count:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        common = _common(edges[best], edges[rest])
        order = rest[common <= iou_threshold * (areas[best] + areas[rest] - common)]
    return np.array(kept, np.int64)


def _common(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the area that each other box shares with a box."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(shared, 0.0)
    return shared[:, 0] * shared[:, 1]
