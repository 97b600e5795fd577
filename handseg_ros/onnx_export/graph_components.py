"""Connected components as operators of a graph: labels that spread until nothing changes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from functools import reduce

import numpy as np

from handseg_ros.onnx_export.graph_builder import FLOAT, INT64, GraphBuilder, Value

# Steps between two looks at whether labels change still.
_STEPS = 4


def components(builder: GraphBuilder, is_set: Value) -> Value:
    """Return a label for what hangs together in a map, corners included: float32 (rows, columns).

    `is_set` is bool (rows, columns); elsewhere the label is 0. Later labels are smaller, in the
    order of OpenCV's: of the 2x2 blocks, row by row, in which components begin. No two components
    meet in a block.
    """
    rows, columns = (builder.add("Range", 0.0, is_set.size(axis), 1.0) for axis in (0, 1))
    across = (is_set.size(1) * 0.5).ceil()
    block = (rows * 0.5).floor().reshape(-1, 1) * across + (columns * 0.5).floor()
    count = (is_set.size(0) * 0.5).ceil() * across
    mask = is_set.cast(FLOAT).unsqueeze(0).unsqueeze(0)
    start = (count - block).cast(FLOAT) * mask

    def step(labels: Value) -> tuple[Value, Value]:
        spread = reduce(lambda last, _: dilated(last, 3) * mask, range(_STEPS), labels)
        changes = (spread > labels).cast(FLOAT).largest(0, 1, 2, 3)
        return changes > np.float32(0.0), spread

    labels = builder.repeat_while([start], step)[0]
    return labels.reshape(is_set.size(0), is_set.size(1))


def dilated(maps: Value, side: int) -> Value:
    """Return the largest value in a square around each cell, of maps (1, channels, ...)."""
    return maps.builder.add(
        "MaxPool", maps, kernel_shape=[side, side], strides=[1, 1], pads=[side // 2] * 4
    )


def at_cells(values: Value, places: Value) -> Value:
    """Return the values of a map, (rows, columns), at places (cells,), counted row by row."""
    return values.reshape(-1).gather(places, 0)


def true_places(builder: GraphBuilder, is_set: Value) -> Value:
    """Return where a list of bools is true, int64 (places,)."""
    return builder.add("NonZero", is_set).reshape(-1)


def counted(indices: Value, count: Value, amounts: Value) -> Value:
    """Return the sums of amounts (n,) over each of so many indices, from their first to last."""
    builder = indices.builder
    size = builder.vector(count).cast(INT64)
    nothing = builder.add("Expand", amounts.gather([0], 0) - amounts.gather([0], 0), size)
    return builder.add("ScatterElements", nothing, indices, amounts, axis=0, reduction="add")
