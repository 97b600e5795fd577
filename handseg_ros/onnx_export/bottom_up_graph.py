"""`segmentation.decoders.bottom_up` as operators of a graph: which cells are whose hand.

The same rules in the same order of numbers: components of the mask map that are sure enough, and
their scores and sides. `grouping_graph` parts them. Needs operator set 16 or more.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, INT32, INT64, GraphBuilder, Value
from handseg_ros.onnx_export.graph_cells import GraphBox, GraphCells, GraphSpan, cut
from handseg_ros.onnx_export.graph_components import (
    at_cells,
    components,
    counted,
    true_places,
)
from handseg_ros.onnx_export.graph_regions import Claim
from handseg_ros.onnx_export.grouping_graph import CellValues, grouped
from handseg_ros.segmentation.decoders.bottom_up import (
    CONFIDENT_SHARE,
    EVEN_PROBABILITY,
    MAP_CHANNELS,
    SIDE_CONFIDENCE,
    logit,
)
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.geometry import Size
from handseg_ros.segmentation.hands import Side


@dataclass(frozen=True)
class CellHands:
    """Hands among cells: `owners`, int32 (rows, columns), is the number of each cell's, from 1 on.

    `scores` are float32 (hands,), from the highest on, `sides` int64 (hands,).
    """

    owners: Value
    scores: Value
    sides: Value


def cell_hands(
    builder: GraphBuilder, maps: Value, map_size: Size, description: ModelDescription
) -> CellHands:
    """Return the hands in maps, float32 (5, rows, columns): those cells that see the frame.

    `map_size` are the whole map's rows and columns.
    """
    thresholds = description.thresholds
    least = math.ceil(CONFIDENT_SHARE * map_size[0] * map_size[1])
    limit = np.float32(logit(EVEN_PROBABILITY) + logit(thresholds.score))
    mask = maps.gather(MAP_CHANNELS.index("mask"), 0)
    above = mask > np.float32(logit(thresholds.mask))
    labels = components(builder, above).reshape(-1).cast(INT64)
    size = (above.size(0) * above.size(1)).cast(INT64)
    is_sure = above & ~(mask < limit)
    sure, cells = (
        counted(labels, size, chosen.reshape(-1).cast(FLOAT)) for chosen in (is_sure, above)
    )
    min_cells = size.cast(DOUBLE) * thresholds.minimum_area
    is_kept = ~(sure < np.float32(least)) & ~(cells.cast(DOUBLE) < min_cells)
    is_hand = at_cells(is_kept, labels) & above.reshape(-1)
    any_hand = is_hand.cast(FLOAT).largest(0) > np.float32(0.0)

    def found(inside: GraphBuilder) -> tuple[Value, Value, Value]:
        values = _cell_values(inside, maps, is_hand, is_kept, labels, is_sure)
        label = grouped(values, description.stride or 1, least)
        return _measured(values, label, least, thresholds.score)

    def nothing(inside: GraphBuilder) -> tuple[Value, Value, Value]:
        owners = inside.add("Expand", np.array(0, np.int32), inside.vector(size))
        scores, sides = np.zeros(0, np.float32), np.zeros(0, np.int64)
        return owners, inside.constant(scores), inside.constant(sides)

    owners, scores, sides = builder.choose(any_hand, found, nothing)
    return CellHands(owners.reshape(above.size(0), above.size(1)), scores, sides)


def _cell_values(
    builder: GraphBuilder,
    maps: Value,
    is_hand: Value,
    is_kept: Value,
    labels: Value,
    is_sure: Value,
) -> CellValues:
    """Return the cells of hands, row by row, of which there is one at least."""
    # Here, and not around the branch, where there may be none.
    places = true_places(builder, builder.add("Identity", is_hand))
    numbers = builder.add("CumSum", is_kept.cast(INT64), np.array(0))
    count = numbers.gather(-1, 0)
    # Labels get smaller in the order of components.
    order = count - numbers.gather(labels.gather(places, 0), 0)
    rows = (places.cast(DOUBLE) / maps.size(2)).floor()
    return CellValues(
        builder.add("Identity", maps),
        places,
        rows,
        places.cast(DOUBLE) - rows * maps.size(2),
        order,
        count,
        at_cells(maps.gather(MAP_CHANNELS.index("mask"), 0), places),
        at_cells(is_sure, places),
    )


def _measured(
    cells: CellValues, label: Value, least: int, min_score: float
) -> tuple[Value, Value, Value]:
    """Return each cell's owner in the map, flat, and scores and sides, the best hand first."""
    builder = label.builder
    count = label.largest(0) + np.int64(1)
    sizes = counted(label, count, cells.ones)
    groups = true_places(builder, sizes > np.float32(0.0))
    mine = groups.reshape(-1, 1).equals(label.unsqueeze(0))
    own = mine.choose(cells.logits, np.float32(-np.inf))
    surest, _ = builder.add_all("TopK", 2, own, np.array([least]), axis=1)
    last = sizes.gather(groups, 0).minimum(np.float32(least)).cast(INT64) - np.int64(1)
    deciding = builder.add("GatherElements", surest, last.reshape(-1, 1), axis=1).reshape(-1)
    above = (deciding.cast(DOUBLE) - logit(EVEN_PROBABILITY)).cast(FLOAT)
    scores = _sigmoid(above).maximum(np.float32(min_score))
    sides = _sides(cells, label, count).gather(groups, 0)
    number = builder.add("Shape", groups)
    scores, order = builder.add_all("TopK", 2, scores, number)
    ranks = builder.add("Range", np.int64(1), number.gather(0, 0) + np.int64(1), np.int64(1))
    nothing = builder.add("Expand", np.array(0), builder.vector(count))
    rank_of = builder.add("ScatterElements", nothing, groups.gather(order, 0), ranks, axis=0)
    all_cells = builder.vector(cells.maps.size(1) * cells.maps.size(2)).cast(INT64)
    nobody = builder.add("Expand", np.array(0), all_cells)
    owners = builder.add(
        "ScatterElements", nobody, cells.places, rank_of.gather(label, 0), axis=0
    )  # fmt: skip
    return owners.cast(INT32), scores, sides.gather(order, 0)


def _sides(cells: CellValues, label: Value, count: Value) -> Value:
    weights = _sigmoid(cells.logits)
    own = cells.channel("side")
    total, weight = (
        counted(label, count, values.cast(DOUBLE)) for values in (weights * own, weights)
    )
    right = _sigmoid((total / weight.maximum(1e-30)).cast(FLOAT)).cast(DOUBLE)
    is_sure = ~(right.maximum(1.0 - right) < SIDE_CONFIDENCE)
    side = (right > 0.5).choose(np.int64(Side.RIGHT), np.int64(Side.LEFT))
    return is_sure.choose(side, np.int64(Side.UNKNOWN))


def _sigmoid(values: Value) -> Value:
    """Return the core's sigmoid of float32, through a hyperbolic tangent that it rounds to that."""
    half = values * np.float32(0.5)
    doubled = half.builder.add("Exp", half.cast(DOUBLE) * 2.0)
    tangent = (1.0 - 2.0 / (doubled + 1.0)).cast(FLOAT)
    return tangent * np.float32(0.5) + np.float32(0.5)


@dataclass(frozen=True)
class HandClaims:
    """Asks for the pixels of hands among cells; `mask_logit` is float32 (rows, columns)."""

    mask_logit: Value
    hands: CellHands
    grid: GraphCells
    min_area: Value

    @classmethod
    def of(
        cls,
        maps: Value,
        hands: CellHands,
        grid: GraphCells,
        min_area: Value,
        description: ModelDescription,
    ) -> HandClaims:
        """Return the claims of hands in maps, float32 (5, rows, columns)."""
        logits = maps.gather(MAP_CHANNELS.index("mask"), 0)
        logits = logits - np.float32(logit(description.thresholds.mask))
        is_hand = hands.owners > np.int32(0)
        outside = -logits.builder.add("Abs", logits)
        return cls(is_hand.choose(logits, outside), hands, grid, min_area)

    def claim(self, builder: GraphBuilder, number: Value) -> Claim:
        """Return what the hand of a number, from 0 on, asks for.

        A pixel of hands that meet belongs to the first of them that weighs more in it than all
        later ones together.
        """
        owner = number.cast(INT32) + np.int32(1)
        window = self._window(self.hands.owners.equals(owner).cast(FLOAT))
        box = self.grid.frame_box(window)
        cells, owners = (
            cut(builder, values, window) for values in (self.mask_logit, self.hands.owners)
        )
        later = (owners > owner).choose(-cells, np.float32(0.0))
        weights = owners.equals(owner).choose(cells, later)
        upsampler = self.grid.upsampler(window, box)
        zero = np.float32(0.0)
        inside = (upsampler.of(cells) > zero) & (upsampler.of(weights) > zero)
        return Claim(box, inside, self.min_area, builder.constant(np.array(True)))

    def _window(self, own: Value) -> GraphBox:
        """Return the cells around a hand's own ones, with one more on each side."""
        spans = []
        for axis, other in ((0, 1), (1, 0)):
            line = own.largest(other)
            first, last = (
                own.builder.add(
                    "ArgMax", line, axis=0, keepdims=0, select_last_index=where
                ).cast(DOUBLE)
                for where in (0, 1)
            )  # fmt: skip
            begin = (first - 1.0).maximum(0.0)
            spans.append(GraphSpan(begin, (last + 2.0).minimum(own.size(axis))))
        return spans[0], spans[1]
