"""Decoder of the `bottom_up` family: from dense maps to hands with exact masks.

The network gives, for each cell of a map at the description's stride, in this order: the mask
logit, the logit of a centre heat map, the offset (x, y) from the cell to the centre of its hand
in network pixels, and the side logit (above 0: right).

Which pixels are hand is for the mask map alone to say: a connected component of it is kept when its
own most confident cells are sure enough, as in hysteresis thresholding (Canny, IEEE TPAMI 1986,
section VIII). Centres only tell the hands in it apart: cells are grouped by the centre that their
offset points to, as in Panoptic-DeepLab (Cheng et al., CVPR 2020).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder, MaskExport
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField
from handseg_ros.segmentation.decoders.hand_grouping import GridCells, group_by_centre
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.decoders.regions import UnassignedPixels
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    InputDescription,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.geometry import CellGrid, ResizeTransform
from handseg_ros.segmentation.hands import MAX_HANDS, Box, DecodedInstances, Hand, Side

MAP_CHANNELS = ("mask", "centre", "offset_x", "offset_y", "side")

# A hand is judged by its most confident cells, this share of the map's, which is half of the
# smallest hand.
CONFIDENT_SHARE = 0.00025
# What the least sure of these must have for a score of one half. Networks are surer of their masks
# than they are right: of what they give 0.95 about every second one is a hand.
EVEN_PROBABILITY = 0.95
SIDE_CONFIDENCE = 0.6


@dataclass(frozen=True)
class _Group:
    """The cells of one hand, row by row, and what was measured over them."""

    rows: np.ndarray
    columns: np.ndarray
    score: float
    side_logit: float


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, highest score first.

    `outputs["maps"]` is float32 (1, 5, rows, columns), channels as `MAP_CHANNELS`. A hand's score
    is that of its most confident cells, 0.025 % of the map's: the odds of the least mask
    probability in them over 19, so 0.5 where that is 0.95. Raises ValueError when the map is no
    such one at the description's stride.
    """
    check_maps(outputs["maps"], transform, description)
    seen = transform.grid(*outputs["maps"].shape[2:]).seen(outputs["maps"][0])
    cells = confident_components(seen[0], seen[0], thresholds, outputs["maps"][0, 0].size)
    return decode_cells(outputs["maps"], cells, transform, thresholds)


def decode_cells(
    maps: np.ndarray, cells: GridCells, transform: ResizeTransform, thresholds: Thresholds
) -> DecodedInstances:
    """Return the hands that lie in `cells`, which count from the first cell that sees the frame."""
    if not cells.rows.size:
        return DecodedInstances(())
    grid = transform.grid(*maps.shape[2:])
    seen = grid.seen(maps[0])
    min_confident_cells = _min_confident_cells(maps[0, 0].size)
    stride = transform.input_width // maps.shape[3]
    label = group_by_centre(seen, cells, stride)
    groups = [
        _measure(seen, cells, np.nonzero(label == index)[0], min_confident_cells, thresholds.score)
        for index in np.flatnonzero(np.bincount(label))
    ]
    groups.sort(key=lambda group: group.score, reverse=True)
    mask_logit = seen[0] - logit(thresholds.mask)
    owners = np.zeros(mask_logit.shape, np.int16)
    for index, group in enumerate(groups):
        owners[group.rows, group.columns] = index + 1
    # Components that are no hands are background like all else.
    mask_logit = np.where(owners > 0, mask_logit, -np.abs(mask_logit))
    frame = transform.frame_height, transform.frame_width
    min_area = thresholds.minimum_area * frame[0] * frame[1]
    return DecodedInstances(
        _full_size(groups[:MAX_HANDS], mask_logit, owners, grid, frame, min_area)
    )


def check_maps(maps: np.ndarray, transform: ResizeTransform, description: ModelDescription) -> None:
    """Raise ValueError when maps are no such ones at the description's stride."""
    stride = description.stride or 0
    expected = 1, len(MAP_CHANNELS), transform.input_height, transform.input_width
    if maps.ndim != 4 or (*maps.shape[:2], *(stride * n for n in maps.shape[2:])) != expected:
        raise ValueError(
            f"output '{description.outputs['maps']}' has the shape {maps.shape}, but an input of "
            f"{expected[3]}x{expected[2]} at stride {stride} needs {len(MAP_CHANNELS)} channels of "
            f"its {stride or 'n'}th part"
        )


def logit(probability: float) -> float:
    """Return the logit of a probability, infinite for 0 and 1."""
    if not 0.0 < probability < 1.0:
        return math.copysign(math.inf, probability - 0.5)
    return math.log(probability / (1.0 - probability))


def _sigmoid(logit: np.ndarray | float) -> np.ndarray:
    # Through the hyperbolic tangent, which does not overflow.
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * np.asarray(logit, np.float32)))


def _min_confident_cells(map_cells: int) -> int:
    return math.ceil(CONFIDENT_SHARE * map_cells)


def confident_components(
    logits: np.ndarray, confidence: np.ndarray, thresholds: Thresholds, map_cells: int
) -> GridCells:
    """Return the cells of the components of the mask map that have enough confident cells.

    `logits` are float32 (rows, columns) of the part of a map of `map_cells` that the frame covers;
    `confidence`, of the same shape, are those by which cells are confident: a frame's own, or more.
    Components smaller than the smallest hand are left out, as on the forearm behind one.
    """
    above = np.greater(logits, logit(thresholds.mask)).view(np.uint8)
    count, labels = cv2.connectedComponents(above, connectivity=8, ltype=cv2.CV_32S)
    rows, columns = np.nonzero(above)
    values, components = logits[rows, columns], labels[rows, columns]
    is_confident = confidence[rows, columns] >= logit(EVEN_PROBABILITY) + logit(thresholds.score)
    min_cells = _min_confident_cells(map_cells)
    is_kept = np.bincount(components[is_confident], minlength=count) >= min_cells
    is_kept &= np.bincount(components, minlength=count) >= thresholds.minimum_area * logits.size
    mine = is_kept[components]
    return GridCells(rows[mine], columns[mine], components[mine], values[mine], is_confident[mine])


def _measure(
    maps: np.ndarray,
    cells: GridCells,
    mine: np.ndarray,
    min_confident_cells: int,
    min_score: float,
) -> _Group:
    """Return the group of these cells; `min_score` is what its component has reached as a whole."""
    rows, columns, logits = cells.rows[mine], cells.columns[mine], cells.logits[mine]
    surest = min(min_confident_cells, logits.size)
    deciding_logit = float(np.partition(logits, -surest)[-surest])
    score = max(min_score, float(_sigmoid(deciding_logit - logit(EVEN_PROBABILITY))))
    weights = _sigmoid(logits)
    side_logit = float(weights @ maps[4, rows, columns] / weights.sum())
    return _Group(rows, columns, score, side_logit)


def _full_size(
    groups: list[_Group],
    mask_logit: np.ndarray,
    owners: np.ndarray,
    grid: CellGrid,
    frame: tuple[int, int],
    min_area: float,
) -> tuple[Hand, ...]:
    unassigned = UnassignedPixels.of(frame)
    hands: list[Hand] = []
    for index, group in enumerate(groups):
        box, inside = _upsample_mask(index + 1, group, mask_logit, owners, grid)
        region = unassigned.assign(inside, box, group.score, min_area)
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
    """Return the group's pixels at the frame's size inside its box, bool.

    A pixel of hands that meet belongs to the first of them that weighs more in it than all later
    ones together, so that each has its hand, whatever the groups are.
    """
    height, width = mask_logit.shape
    # One cell more on each side: the zero crossing lies between a hand's cell and the next one.
    top, bottom = max(0, int(group.rows[0]) - 1), min(height - 1, int(group.rows[-1]) + 1)
    first, last = int(group.columns.min()), int(group.columns.max())
    left, right = max(0, first - 1), min(width - 1, last + 1)
    window = slice(top, bottom + 1), slice(left, right + 1)
    cells, owned = mask_logit[window], owners[window]
    origin = top, left
    box = grid.frame_box((left, right), (top, bottom))
    inside = grid.upsample(np.ascontiguousarray(cells, np.float32), origin, box) > 0
    if np.count_nonzero(owned) > group.rows.size:
        weights = np.where(owned == owner, cells, np.where(owned > owner, -cells, 0.0))
        inside &= grid.upsample(np.ascontiguousarray(weights, np.float32), origin, box) > 0
    return box, inside


def _side(group: _Group) -> tuple[Side, float]:
    right = float(_sigmoid(group.side_logit))
    confidence = max(right, 1.0 - right)
    if confidence < SIDE_CONFIDENCE:
        return Side.UNKNOWN, 0.0
    return (Side.RIGHT if right > 0.5 else Side.LEFT), confidence


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match this project's own maps."""
    for name, statistics in outputs.items():
        shape = statistics.shape
        if image.dtype != "uint8" or len(shape) != 4 or shape[1] != len(MAP_CHANNELS):
            continue
        stride = image.height // shape[2]
        if (stride * shape[2], stride * shape[3]) == (image.height, image.width):
            reason = f"'{name}' has the maps {', '.join(MAP_CHANNELS)} at a {stride}th of the size"
            why = "the size of the input over that of the maps"
            details = (InferredField("stride", stride, why),)
            return DecoderMatch("bottom_up", reason, {"maps": name}, ((BACKGROUND, HAND),), details)
    return None


DECODER = Decoder(
    decode,
    detect,
    outputs=("maps",),
    export=MaskExport("maps", {"mask": (HAND,)}, logit_channel=MAP_CHANNELS.index("mask")),
    fields=("stride",),
    classes=(HAND,),
)
