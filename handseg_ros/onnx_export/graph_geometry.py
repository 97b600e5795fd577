"""`segmentation.geometry` as operators of a graph: the same placements, resizing and sampling.

Every resizing is two products with matrices of weights, one for each axis: their shapes follow
from the image's at run time, and one way serves averaging, interpolation and every operator set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.onnx_export.graph_builder import FLOAT, INT64, Sketch, Value
from handseg_ros.segmentation.geometry import PADDING, Size


@dataclass(frozen=True)
class GraphAxis:
    """Rows or columns of a frame on the canvas; what `geometry._Axis` says, as values of a graph.

    The canvas's `content` pixels behind `margin` show the frame's pixels `start` to
    `start + length`, of `whole` ones; all are doubles.
    """

    canvas: int
    whole: Value
    content: Value
    margin: Value
    start: Value
    length: Value

    @property
    def values(self) -> tuple[Value, ...]:
        """Return all but the canvas in the order in which they are given to a new one."""
        return self.whole, self.content, self.margin, self.start, self.length


Placed = tuple[GraphAxis, GraphAxis]


def _letterbox(sketch: Sketch, frame: tuple[Value, Value], canvas: Size) -> Placed:
    scale = (float(canvas[1]) / frame[1]).at_most(float(canvas[0]) / frame[0])
    zero = sketch.constant(0.0)
    rows, columns = (
        GraphAxis(side, length, (length * scale).round().at_least(1.0), zero, zero, length)
        for side, length in zip(canvas, frame, strict=True)
    )
    return rows, columns


def _letterbox_centre(sketch: Sketch, frame: tuple[Value, Value], canvas: Size) -> Placed:
    rows, columns = (
        replace(axis, margin=((float(axis.canvas) - axis.content) / 2.0).floor())
        for axis in _letterbox(sketch, frame, canvas)
    )
    return rows, columns


def _stretch(sketch: Sketch, frame: tuple[Value, Value], canvas: Size) -> Placed:
    zero = sketch.constant(0.0)
    rows, columns = (
        GraphAxis(side, length, sketch.constant(float(side)), zero, zero, length)
        for side, length in zip(canvas, frame, strict=True)
    )
    return rows, columns


def _crop(sketch: Sketch, frame: tuple[Value, Value], canvas: Size) -> Placed:
    scale = (float(canvas[1]) / frame[1]).at_least(float(canvas[0]) / frame[0])
    axes = []
    for side, length in zip(canvas, frame, strict=True):
        seen = (float(side) / scale).round().at_least(1.0).at_most(length)
        start = ((length - seen) / 2.0).floor()
        whole = sketch.constant(float(side))
        axes.append(GraphAxis(side, length, whole, sketch.constant(0.0), start, seen))
    return axes[0], axes[1]


PLACEMENTS: dict[str, Callable[[Sketch, tuple[Value, Value], Size], Placed]] = {
    "letterbox": _letterbox,
    "letterbox_centre": _letterbox_centre,
    "stretch": _stretch,
    "crop": _crop,
}


def place(sketch: Sketch, planes: Value, placed: Placed) -> Value:
    """Return the canvas, float32 (3, height, width) of whole numbers, of a frame's uint8 planes."""
    rows, columns = placed
    first = sketch.vector(rows.start, columns.start).cast(INT64)
    behind = sketch.vector(rows.start + rows.length, columns.start + columns.length).cast(INT64)
    seen = sketch.add("Slice", planes, first, behind, np.array([1, 2])).cast(FLOAT)
    content = _resized(sketch, seen, placed)
    margins = [axis.margin for axis in placed]
    rest = [float(axis.canvas) - axis.content - axis.margin for axis in placed]
    pads = sketch.vector(0.0, *margins, 0.0, *rest).cast(INT64)
    padded = sketch.add("Pad", content, pads, np.float32(PADDING))
    return padded.reshaped(3, rows.canvas, columns.canvas)


def sample(sketch: Sketch, cells: Value, placed: Placed) -> Value:
    """Return a map, float32 (rows, columns) over the canvas, at the seen part's size, bilinearly.

    What `geometry.CellGrid.upsample` gives of all of it.
    """
    weights = []
    for number, axis in enumerate(placed):
        count = cells.size(number)
        # Whole numbers, so that a cell more is never made of a rounding.
        margin = axis.margin * count / float(axis.canvas)
        behind = -((-((axis.margin + axis.content) * count) / float(axis.canvas)).floor())
        scale = axis.content * count / (axis.length * float(axis.canvas))
        pixel = (_column(sketch, axis.length) + 0.5) * scale + margin - 0.5
        pixel = pixel.at_least(margin.floor()).at_most(behind - 1.0)
        weights.append(_linear_weights(sketch, pixel, count).cast(FLOAT))
    vertical, horizontal = weights
    return vertical @ cells @ horizontal.transposed(1, 0)


def _resized(sketch: Sketch, planes: Value, placed: Placed) -> Value:
    """Scale to the content's size as `geometry._resize` does: whole blocks are averaged first."""
    rows, columns = placed
    most = (rows.length / rows.content).floor()
    most = most.at_most((columns.length / columns.content).floor()).at_least(1.0)
    # 0 where blocks of that size fill the frame, 1 or more where they do not.
    remainder = _remainder(rows.length, most) + _remainder(columns.length, most)
    is_whole = (most - 1.0).at_most(1.0) * (1.0 - remainder).at_least(0.0)
    factor = is_whole * (most - 1.0) + 1.0
    blocks = planes.reshaped(3, rows.length / factor, factor, columns.length / factor, factor)
    averaged = (sketch.mean(blocks, 2, 4) + np.float32(0.5)).floor()
    vertical, horizontal = (
        _resizing(sketch, axis.length / factor, axis.content, 1.0 - is_whole) for axis in placed
    )
    return (vertical @ averaged @ horizontal.transposed(1, 0)).round()


def _remainder(length: Value, factor: Value) -> Value:
    return length - (length / factor).floor() * factor


def _resizing(sketch: Sketch, source: Value, target: Value, may_average: Value) -> Value:
    """Return the weights (target, source): averaging where it may and shrinks, else bilinear."""
    averages = may_average * (source - target).at_least(0.0).at_most(1.0)
    area = _area_weights(sketch, source, target)
    pixel = (_column(sketch, target) + 0.5) * (source / target) - 0.5
    linear = _linear_weights(sketch, pixel.at_least(0.0).at_most(source - 1.0), source)
    return (area * averages + linear * (1.0 - averages)).cast(FLOAT)


def _area_weights(sketch: Sketch, source: Value, target: Value) -> Value:
    """Return how much of each of the target's pixels each of the source's covers, as a share."""
    step = source / target
    begin, pixel = _column(sketch, target) * step, _row(sketch, source)
    shared = (begin + step).at_most(pixel + 1.0) - begin.at_least(pixel)
    return shared.at_least(0.0) / step


def _linear_weights(sketch: Sketch, places: Value, count: Value) -> Value:
    """Return the weights (targets, count) of sampling so many pixels at places, (targets, 1)."""
    return (1.0 - sketch.add("Abs", places - _row(sketch, count))).at_least(0.0)


def _column(sketch: Sketch, count: Value) -> Value:
    return _row(sketch, count).reshaped(-1, 1)


def _row(sketch: Sketch, count: Value) -> Value:
    return sketch.add("Range", 0.0, count, 1.0)
