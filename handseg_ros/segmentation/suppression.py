"""Non-maximum suppression: of boxes that overlap much, the most certain stays."""

from __future__ import annotations

import numpy as np


def suppress(edges: np.ndarray, scores: np.ndarray, overlap: float, most: int) -> np.ndarray:
    """Return the places of the boxes that stay, the most certain first, at most `most`.

    `edges` are (N, 4) left, top, right, bottom; `scores` are (N,). A box goes where a more certain
    one that stays has an intersection over union of more than `overlap` with it.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < most:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[_overlaps(edges[best], edges[rest]) <= overlap]
    return np.array(kept, np.int64)


def _overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return each other box's intersection over union with a box; 0 where both are empty."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    intersection = np.prod(np.maximum(shared, 0.0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    union -= intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)
