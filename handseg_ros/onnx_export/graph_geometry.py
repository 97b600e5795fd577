"""`segmentation.geometry` as operators of a graph: the same transforms, resizing and sampling.

A map is sampled by two products with matrices of weights, one for each axis: their shapes follow
from the image's at run time, and one way serves every operator set.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.onnx_export.graph_builder import FLOAT, INT64, GraphBuilder, Value
from handseg_ros.onnx_export.graph_resizing import resized
from handseg_ros.segmentation.geometry import PADDING, Size


@dataclass(frozen=True)
class GraphAxis:
    """Rows or columns of a frame in the input; what `geometry._Axis` says, as values of a graph.

    The input's `content` pixels behind `margin` show the frame's pixels `start` to
    `start + length`, of `whole` ones; all are doubles.
    """

    input_size: int
    whole: Value
    content: Value
    margin: Value
    start: Value
    length: Value

    @property
    def values(self) -> tuple[Value, ...]:
        """Return all but the input size in the order in which they are given to a new one."""
        return self.whole, self.content, self.margin, self.start, self.length


GraphTransform = tuple[GraphAxis, GraphAxis]


def _letterbox(
    builder: GraphBuilder, frame: tuple[Value, Value], input_size: Size
) -> GraphTransform:
    scale = (float(input_size[1]) / frame[1]).minimum(float(input_size[0]) / frame[0])
    zero = builder.constant(0.0)
    rows, columns = (
        GraphAxis(side, length, (length * scale).round().maximum(1.0), zero, zero, length)
        for side, length in zip(input_size, frame, strict=True)
    )
    return rows, columns


def _letterbox_centre(
    builder: GraphBuilder, frame: tuple[Value, Value], input_size: Size
) -> GraphTransform:
    rows, columns = (
        replace(axis, margin=((float(axis.input_size) - axis.content) / 2.0).floor())
        for axis in _letterbox(builder, frame, input_size)
    )
    return rows, columns


def _stretch(builder: GraphBuilder, frame: tuple[Value, Value], input_size: Size) -> GraphTransform:
    zero = builder.constant(0.0)
    rows, columns = (
        GraphAxis(side, length, builder.constant(float(side)), zero, zero, length)
        for side, length in zip(input_size, frame, strict=True)
    )
    return rows, columns


def _crop(builder: GraphBuilder, frame: tuple[Value, Value], input_size: Size) -> GraphTransform:
    scale = (float(input_size[1]) / frame[1]).maximum(float(input_size[0]) / frame[0])
    axes = []
    for side, length in zip(input_size, frame, strict=True):
        seen = (float(side) / scale).round().maximum(1.0).minimum(length)
        start = ((length - seen) / 2.0).floor()
        whole = builder.constant(float(side))
        axes.append(GraphAxis(side, length, whole, builder.constant(0.0), start, seen))
    return axes[0], axes[1]


RESIZE_TRANSFORMS: dict[
    str, Callable[[GraphBuilder, tuple[Value, Value], Size], GraphTransform]
] = {
    "letterbox": _letterbox,
    "letterbox_centre": _letterbox_centre,
    "stretch": _stretch,
    "crop": _crop,
}


def resize(builder: GraphBuilder, image: Value, transform: GraphTransform) -> Value:
    """Return the resized image, float32 (3, height, width) of whole numbers.

    `image` is uint8 (height, width, 3).
    """
    rows, columns = transform
    first = builder.vector(rows.start, columns.start).cast(INT64)
    behind = builder.vector(rows.start + rows.length, columns.start + columns.length).cast(INT64)
    seen = builder.add("Slice", image, first, behind, np.array([0, 1]))
    content = resized(builder, seen, (rows.length, columns.length), (rows.content, columns.content))
    margins = [axis.margin for axis in transform]
    rest = [float(axis.input_size) - axis.content - axis.margin for axis in transform]
    pads = builder.vector(0.0, *margins, 0.0, *rest).cast(INT64)
    padded = builder.add("Pad", content, pads, np.float32(PADDING))
    return padded.reshape(3, rows.input_size, columns.input_size)


def sample(builder: GraphBuilder, cells: Value, transform: GraphTransform) -> Value:
    """Return a map, float32 (rows, columns) over the input, at the seen part's size, bilinearly.

    What `geometry.CellGrid.upsample` gives of all of it.
    """
    weights = []
    for number, axis in enumerate(transform):
        count = cells.size(number)
        # Whole numbers, so that a cell more is never made of a rounding.
        margin = axis.margin * count / float(axis.input_size)
        behind = -((-((axis.margin + axis.content) * count) / float(axis.input_size)).floor())
        scale = axis.content * count / (axis.length * float(axis.input_size))
        pixel = (_column(builder, axis.length) + 0.5) * scale + margin - 0.5
        pixel = pixel.maximum(margin.floor()).minimum(behind - 1.0)
        weights.append(_linear_weights(builder, pixel, count).cast(FLOAT))
    vertical, horizontal = weights
    return vertical @ cells @ horizontal.transpose(1, 0)


def _linear_weights(builder: GraphBuilder, positions: Value, count: Value) -> Value:
    """Return the weights (targets, count) of sampling so many pixels at places, (targets, 1)."""
    return (1.0 - builder.add("Abs", positions - _row(builder, count))).maximum(0.0)


def _column(builder: GraphBuilder, count: Value) -> Value:
    return _row(builder, count).reshape(-1, 1)


def _row(builder: GraphBuilder, count: Value) -> Value:
    return builder.add("Range", 0.0, count, 1.0)
