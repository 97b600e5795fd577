"""Decoder of the `bottom_up` family: from dense maps to hands with exact masks.

The network gives, for each cell of a map at the description's stride, in this order: the mask
logit, the logit of a centre heat map, the offset (x, y) from the cell to the centre of its hand
in network pixels, and the side logit (above 0: right). Pixels are grouped by the centre their
offset points to, as in Panoptic-DeepLab (Cheng et al., CVPR 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.description import HAND, ModelDescription, Thresholds
from handseg_ros.segmentation.families.family import Family
from handseg_ros.segmentation.families.regions import Unclaimed
from handseg_ros.segmentation.geometry import CellGrid, Placement
from handseg_ros.segmentation.hands import MOST_HANDS, Box, Found, Hand, Side

MAP_CHANNELS = ("mask", "centre", "offset_x", "offset_y", "side")

# A peak must beat its neighbourhood of 7x7 cells; two hands' centres are never that close.
_PEAK_WINDOW = np.ones((7, 7), np.uint8)
_PEAK_PROBABILITY = 0.1
# Two groups whose votes fall closer than this share of their joint size are one hand.
_MERGE_DISTANCE = 0.35
_SIDE_CONFIDENCE = 0.6
# A detached piece smaller than this share of its hand is noise, as on the forearm behind it.
_SPECK = 0.03


@dataclass(frozen=True)
class _Group:
    """The cells of one hand: their rows and columns, and what was measured over them."""

    rows: np.ndarray
    columns: np.ndarray
    vote: np.ndarray
    score: float
    side_logit: float


def decode(
    outputs: dict[str, np.ndarray],
    placement: Placement,
    description: ModelDescription,
    thresholds: Thresholds,
) -> Found:
    """Return the hands of one frame, highest score first.

    `outputs["maps"]` is float32 (1, 5, rows, columns), channels as `MAP_CHANNELS`. Raises
    ValueError when the map is no such one at the description's stride.
    """
    stride = _stride(outputs["maps"], placement, description)
    grid = placement.grid(*outputs["maps"].shape[2:])
    maps = grid.seen(outputs["maps"][0])
    mask_logit = maps[0] - _logit(thresholds.mask)
    hand_rows, hand_columns = np.nonzero(mask_logit > 0)
    if not hand_rows.size:
        return Found(())
    groups = _group(maps, (hand_rows, hand_columns), stride)
    kept = [group for group in groups if group.score >= thresholds.score]
    kept.sort(key=lambda group: group.score, reverse=True)
    owners = _paint_owners(kept, mask_logit)
    frame = placement.frame_height, placement.frame_width
    least = thresholds.minimum_area * frame[0] * frame[1]
    return Found(_full_size(kept[:MOST_HANDS], mask_logit, owners, grid, frame, least))


def _stride(maps: np.ndarray, placement: Placement, description: ModelDescription) -> int:
    stride = description.stride or 0
    expected = 1, len(MAP_CHANNELS), placement.canvas_height, placement.canvas_width
    if maps.ndim != 4 or (*maps.shape[:2], *(stride * n for n in maps.shape[2:])) != expected:
        raise ValueError(
            f"output '{description.outputs['maps']}' has the shape {maps.shape}, but a canvas of "
            f"{expected[3]}x{expected[2]} at stride {stride} needs {len(MAP_CHANNELS)} channels of "
            f"its {stride or 'n'}th part"
        )
    return stride


def _logit(probability: float) -> float:
    return float(np.log(probability / (1.0 - probability)))


def _sigmoid(logit: np.ndarray | float) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(logit, np.float32))))


def _group(
    maps: np.ndarray, foreground: tuple[np.ndarray, np.ndarray], stride: int
) -> list[_Group]:
    rows, columns = foreground
    offsets = maps[2:4, rows, columns] / stride
    votes = np.stack([columns + offsets[0], rows + offsets[1]], axis=1)
    seeds = _seeds(maps, foreground)
    distance = ((votes[:, None, :] - seeds[None, :, :]) ** 2).sum(axis=2)
    label = _merge(votes, distance.argmin(axis=1), len(seeds))
    groups = []
    for index in np.flatnonzero(np.bincount(label)):
        mine = np.nonzero(label == index)[0]
        mine = mine[_is_no_speck(rows[mine], columns[mine])]
        groups.append(_measure(maps, rows[mine], columns[mine], votes[mine]))
    return groups


def _is_no_speck(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return, for each cell of a hand, whether the piece it belongs to is large enough to count.

    A held object can cut a hand into pieces, so more than one may stay.
    """
    window = np.zeros((np.ptp(rows) + 1, np.ptp(columns) + 1), np.uint8)
    places = rows - rows.min(), columns - columns.min()
    window[places] = 1
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    # Of a hand in many small pieces the largest ones stay.
    counts = areas >= min(_SPECK * rows.size, areas[1:].max())
    return np.asarray(counts[pieces[places]])


def _seeds(maps: np.ndarray, foreground: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the (column, row) of every heat map peak, and the mean of each blob without one."""
    heat = maps[1]
    hand = np.zeros(heat.shape, np.uint8)
    hand[foreground] = 1
    # Seen from a hand's edge its centre may lie beside the mask: between two fingers, say.
    near = cv2.dilate(hand, _PEAK_WINDOW) > 0
    highest = cv2.dilate(heat, _PEAK_WINDOW)
    peaks = ((heat == highest) & (heat > _logit(_PEAK_PROBABILITY)) & near).astype(np.uint8)
    # A plateau of equal values is one peak, not one for each of its cells.
    _, _, _, tops = cv2.connectedComponentsWithStats(peaks, connectivity=8)
    _, labels, _, means = cv2.connectedComponentsWithStats(hand, connectivity=8)
    bare = np.ones(len(means), bool)
    bare[0] = False  # the background
    bare[labels[cv2.dilate(peaks, _PEAK_WINDOW) > 0]] = False
    return np.concatenate([tops[1:], means[bare]]).astype(np.float32)


def _merge(votes: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Join groups whose votes agree on one centre; the larger group keeps its label."""
    sizes = np.bincount(label, minlength=count).astype(np.float32)
    sums = np.stack([np.bincount(label, votes[:, axis], count) for axis in (0, 1)], axis=1)
    kept: list[int] = []
    renamed = np.arange(count)
    for index in np.argsort(-sizes, kind="stable"):
        if not sizes[index]:
            break
        others = np.array(kept, int)
        apart = np.linalg.norm(
            sums[index] / sizes[index] - sums[others] / sizes[others, None], axis=1
        )
        same = apart < _MERGE_DISTANCE * np.sqrt(sizes[index] + sizes[others])
        if same.any():
            target = others[same.argmax()]
            renamed[index] = target
            sizes[target] += sizes[index]
            sums[target] += sums[index]
        else:
            kept.append(int(index))
    return renamed[label]


def _measure(maps: np.ndarray, rows: np.ndarray, columns: np.ndarray, votes: np.ndarray) -> _Group:
    probability = _sigmoid(maps[0, rows, columns])
    vote = votes.mean(axis=0)
    column, row = np.rint(vote).astype(int)
    height, width = maps.shape[1:]
    around = maps[1, max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
    inside = 0 <= row < height and 0 <= column < width
    centre = float(_sigmoid(around.max())) if inside and around.size else 0.0
    # The geometric mean: a hand needs both a confident mask and a centre.
    score = float(np.sqrt(probability.mean() * centre))
    side_logit = float(np.average(maps[4, rows, columns], weights=probability))
    return _Group(rows, columns, vote, score, side_logit)


def _paint_owners(kept: list[_Group], mask_logit: np.ndarray) -> np.ndarray:
    """Return int16 (rows, columns): 0 background, -1 no hand that is kept, else index + 1."""
    owners = np.where(mask_logit > 0, -1, 0).astype(np.int16)
    for index, group in enumerate(kept):
        owners[group.rows, group.columns] = index + 1
    return owners


def _full_size(
    groups: list[_Group],
    mask_logit: np.ndarray,
    owners: np.ndarray,
    grid: CellGrid,
    frame: tuple[int, int],
    least: float,
) -> tuple[Hand, ...]:
    unclaimed = Unclaimed.of(frame)
    hands: list[Hand] = []
    for index, group in enumerate(groups):
        box, inside = _upsample_mask(index + 1, group, mask_logit, owners, grid)
        region = unclaimed.claim(inside, box, group.score, least)
        if region is not None:
            hands.append(region.as_hand(len(hands) + 1, *_side(group)))
    return tuple(hands)


def _upsample_mask(
    owner: int,
    group: _Group,
    mask_logit: np.ndarray,
    owners: np.ndarray,
    grid: CellGrid,
) -> tuple[Box, np.ndarray]:
    """Return the group's pixels at the frame's size inside its box, bool."""
    height, width = mask_logit.shape
    # One cell more on each side: the zero crossing lies between a hand's cell and the next one.
    top, bottom = max(0, group.rows.min() - 1), min(height - 1, group.rows.max() + 1)
    left, right = max(0, group.columns.min() - 1), min(width - 1, group.columns.max() + 1)
    window = slice(top, bottom + 1), slice(left, right + 1)
    cells, owned = mask_logit[window], owners[window]
    mine = np.where((owned == owner) | (owned == 0), cells, -np.abs(cells))
    box = grid.frame_box((int(left), int(right)), (int(top), int(bottom)))
    values = grid.upsample(np.ascontiguousarray(mine, np.float32), (int(top), int(left)), box)
    return box, values > 0


def _side(group: _Group) -> tuple[Side, float]:
    right = float(_sigmoid(group.side_logit))
    confidence = max(right, 1.0 - right)
    if confidence < _SIDE_CONFIDENCE:
        return Side.UNKNOWN, 0.0
    return (Side.RIGHT if right > 0.5 else Side.LEFT), confidence


FAMILY = Family(decode, outputs=("maps",), fields=("stride",), classes=(HAND,))
