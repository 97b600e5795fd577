"""`segmentation.geometry.CellGrid` as operators of a graph: cells that see the frame, its pixels.

Numbers are doubles of whole numbers, which products of three sides of an image do not exceed.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, INT64, GraphBuilder, Value
from handseg_ros.onnx_export.graph_geometry import GraphAxis, GraphTransform

# As far back as the core goes for a cell that begins with a pixel.
_LEADING_CELLS = 17


@dataclass(frozen=True)
class GraphSpan:
    """From `begin` up to before `end`: pixels or cells of one axis, as doubles."""

    begin: Value
    end: Value

    @property
    def size(self) -> Value:
        """How many there are."""
        return self.end - self.begin


# Rows and columns.
GraphBox = tuple[GraphSpan, GraphSpan]


@dataclass(frozen=True)
class _CellAxis:
    """What `geometry._Axis` says, of a graph's axis and its `cells`, a double."""

    axis: GraphAxis
    cells: Value

    @property
    def first(self) -> Value:
        return (self.axis.margin * self.cells / float(self.axis.input_size)).floor()

    @property
    def seen(self) -> Value:
        end = (self.axis.margin + self.axis.content) * self.cells
        return (end / float(self.axis.input_size)).ceil() - self.first

    @property
    def scale(self) -> Value:
        axis = self.axis
        return axis.content * self.cells / (axis.length * float(axis.input_size))

    def _ratio(self) -> tuple[Value, Value, Value]:
        """Return what a cell is over a pixel, as two whole numbers, and the margin in theirs."""
        axis = self.axis
        over = axis.length * float(axis.input_size)
        return over, axis.content * self.cells, axis.margin * self.cells * axis.length

    def span(self, cells: GraphSpan) -> GraphSpan:
        """Return the frame's pixels under cells, at least one."""
        over, under, margin = self._ratio()
        begin = (((self.first + cells.begin) * over - margin) / under).floor()
        begin = begin.maximum(0.0).minimum(self.axis.length - 1.0)
        end = (((self.first + cells.end) * over - margin) / under).ceil()
        end = end.maximum(begin + 1.0).minimum(self.axis.length)
        return GraphSpan(self.axis.start + begin, self.axis.start + end)

    def positions(self, pixels: GraphSpan) -> Value:
        """Return where pixels' centres lie among cells, none beyond the outermost cells' ones."""
        offset = self.axis.margin * self.cells / float(self.axis.input_size) - self.first
        start = (pixels.begin - self.axis.start + 0.5) * self.scale + offset - 0.5
        numbers = self.scale.builder.add("Range", 0.0, pixels.size, 1.0)
        return (start + self.scale * numbers).maximum(0.0).minimum(self.seen - 1.0)

    def window(self, pixels: GraphSpan) -> GraphSpan:
        """Return the cells that pixels are interpolated from."""
        positions = self.positions(pixels)
        ends = positions.gather(0, 0).floor(), positions.gather(-1, 0).ceil() + 1.0
        return GraphSpan(*ends)

    def aligned_start(self, cell: Value, pixel: Value) -> tuple[Value, Value, Value]:
        """Return whether a near cell up to this one begins with a pixel, how far back, and where.

        As the core does, from where OpenCV's resize can begin.
        """
        over, under, margin = self._ratio()
        back = np.arange(float(_LEADING_CELLS))
        starts = (self.first + cell - back) * over - margin
        begins = (starts / under).floor()
        rests = starts - begins * under
        fits = (rests < 0.5) & (self.axis.start + begins < pixel + 0.5) & (-cell + back < 0.5)
        index = fits.builder.add("ArgMax", fits.cast(FLOAT), axis=0, keepdims=0)
        found = fits.gather(index, 0)
        return found, index.cast(DOUBLE), self.axis.start + begins.gather(index, 0)

    def weights(self, pixels: GraphSpan, cells: GraphSpan) -> tuple[Value, Value, Value]:
        """Return whether it is aligned, and the weights (pixels, cells) if so, and if not."""
        found, back, begin = self.aligned_start(cells.begin, pixels.begin)
        step = 1.0 / (1.0 / self.scale)
        numbers = self.scale.builder.add("Range", 0.0, pixels.size, 1.0)
        position = ((numbers + (pixels.begin - begin) + 0.5) * step - 0.5).cast(FLOAT)
        first = position.floor()
        share = (position - first).reshape(-1, 1)
        place = first.cast(DOUBLE) - back
        aligned = self._at(place, cells) * (-share + np.float32(1.0))
        aligned = aligned + self._at(place + 1.0, cells) * share
        apart = self.positions(pixels) - cells.begin
        apart = apart.maximum(0.0).minimum(cells.size - 1.0).cast(FLOAT)
        return found, aligned, linear_weights(apart, cells.size)

    def _at(self, places: Value, cells: GraphSpan) -> Value:
        """Return which cell of some each place is, float32 (places, cells) of 0 and 1."""
        inside = places.maximum(0.0).minimum(cells.size - 1.0).reshape(-1, 1)
        return inside.equals(inside.builder.add("Range", 0.0, cells.size, 1.0)).cast(FLOAT)


def linear_weights(positions: Value, count: Value) -> Value:
    """Return how much of each of so many cells is in each place among them, as the core's own."""
    numbers = positions.builder.add("Range", 0.0, count, 1.0).cast(FLOAT)
    apart = positions.builder.add("Abs", positions.reshape(-1, 1) - numbers)
    return (-apart + np.float32(1.0)).maximum(np.float32(0.0))


@dataclass(frozen=True)
class GraphCells:
    """The cells of a map that see the frame."""

    rows: _CellAxis
    columns: _CellAxis

    @classmethod
    def of(cls, transform: GraphTransform, rows: Value, columns: Value) -> GraphCells:
        """Return the cells of a map of so many rows and columns, doubles, over the input."""
        return cls(_CellAxis(transform[0], rows), _CellAxis(transform[1], columns))

    @property
    def shape(self) -> tuple[Value, Value]:
        """Rows and columns of the cells that see the frame."""
        return self.rows.seen, self.columns.seen

    def seen(self, builder: GraphBuilder, maps: Value) -> Value:
        """Return the part of maps, (channels, rows, columns), that sees the frame."""
        box = tuple(
            GraphSpan(axis.first, axis.first + axis.seen) for axis in (self.rows, self.columns)
        )
        return cut(builder, maps, (box[0], box[1]), 1)

    def frame_box(self, cells: GraphBox) -> GraphBox:
        """Return the frame's pixels under cells."""
        return self.rows.span(cells[0]), self.columns.span(cells[1])

    def window(self, pixels: GraphBox) -> GraphBox:
        """Return the cells that the frame's pixels are interpolated from."""
        return self.rows.window(pixels[0]), self.columns.window(pixels[1])

    def upsampler(self, cells: GraphBox, pixels: GraphBox) -> Upsampler:
        """Return what samples maps of these cells at these pixels, as `CellGrid.upsample` does."""
        (row_found, down, rough_down), (column_found, across, rough_across) = (
            axis.weights(at, among)
            for axis, at, among in zip((self.rows, self.columns), pixels, cells, strict=True)
        )
        found = row_found & column_found
        return Upsampler(found.choose(down, rough_down), found.choose(across, rough_across))


@dataclass(frozen=True)
class Upsampler:
    """Weights of cells in pixels, float32 (pixels, cells), along both axes."""

    down: Value
    across: Value

    def of(self, cells: Value) -> Value:
        """Return a map, float32 (rows, columns), interpolated: float32 (height, width)."""
        return self.down @ (cells @ self.across.transpose(1, 0))


def cut(builder: GraphBuilder, values: Value, box: GraphBox, axis: int = 0) -> Value:
    """Return a box of a map or an image, whose rows are the axis that is given."""
    begin = builder.vector(box[0].begin, box[1].begin).cast(INT64)
    end = builder.vector(box[0].end, box[1].end).cast(INT64)
    return builder.add("Slice", values, begin, end, np.array([axis, axis + 1]))
