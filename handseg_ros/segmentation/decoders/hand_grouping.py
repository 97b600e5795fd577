"""Groups the cells of the bottom-up decoder's maps into hands, by the centre that each points to.

As in Panoptic-DeepLab (Cheng et al., CVPR 2020), but the mask map alone says which cells are hand:
a group is joined to another here, or not, and never dropped.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

# A peak must beat its neighbourhood of 7x7 cells; two hands' centres are never that close.
PEAK_SIDE = 7
_PEAK_WINDOW = np.ones((PEAK_SIDE, PEAK_SIDE), np.uint8)
# The logit of a probability of 0.2.
PEAK_LOGIT = math.log(1.0 / 4.0)
# Two groups whose votes fall closer than this share of their joint size are one hand.
MERGE_DISTANCE = 0.35
# A group so much smaller than another, with votes that leave it for that one, is a part of it.
FRAGMENT_SHARE = 0.1


@dataclass(frozen=True)
class GridCells:
    """The cells of hands, row by row: where they lie, and in which component of the mask map.

    A component is what hangs together, corners included; `is_confident` tells which cells could be
    judged a hand by, and `logits` are those of the mask.
    """

    rows: np.ndarray
    columns: np.ndarray
    components: np.ndarray
    logits: np.ndarray
    is_confident: np.ndarray


def group_by_centre(maps: np.ndarray, cells: GridCells, stride: int) -> np.ndarray:
    """Return for each cell the label of its hand, int (cells,), by where its offset points to.

    `maps` is float32 (5, rows, columns) as in `bottom_up`. A group without a confident cell is part
    of the hand beside it.
    """
    votes = maps[2:4, cells.rows, cells.columns] / np.float32(stride)
    votes += np.stack([cells.columns, cells.rows])
    # Farther out than the map is wide or high there is no hand to point to.
    farthest = max(maps.shape[1:])
    np.clip(votes, -farthest, 2 * farthest, out=votes)
    centre_peaks = _centre_peaks(maps[1], cells)
    across, down = (votes[axis] - centre_peaks[axis][:, None] for axis in (0, 1))
    label = _merge(votes, (across * across + down * down).argmin(axis=0), centre_peaks.shape[1])
    label = _join_fragments(votes, label, cells)
    return _join_unconfident(label, cells)


def _join_unconfident(label: np.ndarray, cells: GridCells) -> np.ndarray:
    """Give each group without a confident cell to the one beside it that has the most of them.

    The component that most of it lies in is a hand without doubt; that it is two is doubtful. One
    cell is enough to be a second hand, as two centres tell of it too.
    """
    count = int(label.max()) + 1
    is_hand = np.bincount(label[cells.is_confident], minlength=count) > 0
    if is_hand[label].all():
        return label
    indices = cells.components * count + label
    shape = int(cells.components.max()) + 1, count
    max_count = shape[0] * count
    home = np.bincount(indices, minlength=max_count).reshape(shape).argmax(axis=0)
    host = (
        np.bincount(indices[cells.is_confident], minlength=max_count).reshape(shape).argmax(axis=1)
    )
    is_hand[host] = True
    return np.where(is_hand, np.arange(count), host[home])[label]


def _centre_peaks(heat: np.ndarray, cells: GridCells) -> np.ndarray:
    """Return columns and rows, (2, N), of all peaks, and of the mean of each bare component."""
    hand = np.zeros(heat.shape, np.uint8)
    hand[cells.rows, cells.columns] = 1
    # Seen from a hand's edge its centre may lie beside the mask: between two fingers, say.
    near = cv2.dilate(hand, _PEAK_WINDOW).view(bool)
    peaks = (heat == cv2.dilate(heat, _PEAK_WINDOW)) & (heat > PEAK_LOGIT) & near
    # A plateau of equal values is one peak, not one for each of its cells.
    _, _, _, tops = cv2.connectedComponentsWithStats(peaks.view(np.uint8), connectivity=8)
    has_peak = cv2.dilate(peaks.view(np.uint8), _PEAK_WINDOW)[cells.rows, cells.columns] > 0
    sizes = np.bincount(cells.components)
    with_peak = np.bincount(cells.components[has_peak], minlength=sizes.size)
    bare = np.flatnonzero((with_peak == 0) & (sizes > 0))
    sums = [np.bincount(cells.components, indices)[bare] for indices in (cells.columns, cells.rows)]
    means = np.stack(sums) / sizes[bare]
    return np.concatenate([tops[1:].T, means], axis=1).astype(np.float32)


def _merge(votes: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Join groups whose votes agree on one centre; the larger group keeps its label."""
    sizes = np.bincount(label, minlength=count).astype(np.float32)
    sums = np.stack([np.bincount(label, axis, count) for axis in votes], axis=1)
    kept: list[int] = []
    renamed = np.arange(count)
    for index in np.argsort(-sizes, kind="stable"):
        if not sizes[index]:
            break
        others = np.array(kept, int)
        apart = np.linalg.norm(
            sums[index] / sizes[index] - sums[others] / sizes[others, None], axis=1
        )
        same = apart < MERGE_DISTANCE * np.sqrt(sizes[index] + sizes[others])
        if same.any():
            target = others[same.argmax()]
            renamed[index] = target
            sizes[target] += sizes[index]
            sums[target] += sums[index]
        else:
            kept.append(int(index))
    return renamed[label]


def _join_fragments(votes: np.ndarray, label: np.ndarray, cells: GridCells) -> np.ndarray:
    """Give a group that points out of itself into the box of a much larger one to that one.

    A fingertip that comes apart from its hand does: its offsets lead towards the hand, if not all
    the way to the centre. A small hand before a large one does not, as it points to itself.
    """
    sizes = np.bincount(label)
    groups = np.flatnonzero(sizes)
    if sizes[groups].min() >= FRAGMENT_SHARE * sizes.max():
        return label
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], groups)
    at = np.stack([cells.columns, cells.rows])[:, order]
    low, high = (bound.reduceat(at, starts, axis=1) for bound in (np.minimum, np.maximum))
    centres = np.add.reduceat(votes[:, order], starts, axis=1) / sizes[groups]
    # Row by row: whether a group's votes lie, on average, in the box of each.
    points_into = np.all(
        (low[:, None] <= centres[..., None]) & (centres[..., None] <= high[:, None]), axis=0
    )
    is_much_larger = sizes[groups] * FRAGMENT_SHARE > sizes[groups][:, None]
    hosts = points_into & is_much_larger & ~points_into.diagonal()[:, None]
    renamed = np.arange(sizes.size)
    # From the largest on, so that what a fragment joins has its own name for good.
    for group in np.argsort(-sizes[groups], kind="stable"):
        if hosts[group].any():
            host = np.where(hosts[group], sizes[groups], 0).argmax()
            renamed[groups[group]] = renamed[groups[host]]
    return renamed[label]
