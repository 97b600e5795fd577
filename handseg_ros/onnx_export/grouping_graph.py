"""`segmentation.decoders.hand_grouping` as operators of a graph: which cells make one hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, INT64, GraphBuilder, Value
from handseg_ros.onnx_export.graph_components import (
    at_cells,
    components,
    counted,
    dilated,
    true_places,
)
from handseg_ros.segmentation.decoders.bottom_up import MAP_CHANNELS
from handseg_ros.segmentation.decoders.hand_grouping import (
    FRAGMENT_SHARE,
    MERGE_DISTANCE,
    PEAK_LOGIT,
    PEAK_SIDE,
)

# A centre to which nothing points, so that there is one always.
_FAR = 1e9
# Each fragment is a tenth of what it joins, so none is joined more often than cells have digits.
_JOINS = 3


@dataclass(frozen=True)
class CellValues:
    """The cells of hands, row by row, and the maps, float32 (5, rows, columns), that they are in.

    `places` are int64, counted row by row; `rows` and `columns` doubles; `order` is which of
    `count` components each is in; `logits` are those of the mask, `is_sure` tells which cells could
    be judged a hand by. There is one at least.
    """

    maps: Value
    places: Value
    rows: Value
    columns: Value
    order: Value
    count: Value
    logits: Value
    is_sure: Value

    @property
    def ones(self) -> Value:
        """One for each cell, float32."""
        return self.rows.cast(FLOAT) * np.float32(0.0) + np.float32(1.0)

    def channel(self, name: str) -> Value:
        """Return what a channel of the maps has in each cell."""
        return at_cells(self.maps.gather(MAP_CHANNELS.index(name), 0), self.places)


def grouped(cells: CellValues, stride: int, least: int) -> Value:
    """Return the label of each cell's hand, int64, as `hand_grouping.group_by_centre` does."""
    builder = cells.maps.builder
    votes = _votes(cells, stride)
    centres = _centres(cells)
    across, down = (
        vote.unsqueeze(0) - centre.reshape(-1, 1)
        for vote, centre in zip(votes, centres, strict=True)
    )
    nearest = across * across + down * down
    label = builder.add("ArgMin", nearest, axis=0, keepdims=0)
    count = builder.add("Shape", centres[0]).gather(0, 0)
    label = _merged(cells, votes, label, count)
    label = _with_fragments(cells, votes, label, count)
    return _with_unsure(cells, label, count, least)


def _votes(cells: CellValues, stride: int) -> tuple[Value, Value]:
    """Return the column and the row that each cell's offset points to, float32."""
    farthest = cells.maps.size(1).maximum(cells.maps.size(2)).cast(FLOAT)
    votes = []
    for name, at in (("offset_x", cells.columns), ("offset_y", cells.rows)):
        offset = cells.channel(name) / np.float32(stride)
        vote = (offset.cast(DOUBLE) + at).cast(FLOAT)
        votes.append(vote.maximum(-farthest).minimum(farthest * np.float32(2.0)))
    return votes[0], votes[1]


def _centres(cells: CellValues) -> tuple[Value, Value]:
    """Return columns and rows of peaks, of the mean of each component without one, and of one far.

    float32, in the core's order.
    """
    builder, maps = cells.maps.builder, cells.maps
    size = (maps.size(1) * maps.size(2)).cast(INT64)
    nothing = builder.add("Expand", np.float32(0.0), builder.vector(size))
    hand = builder.add("ScatterElements", nothing, cells.places, cells.ones, axis=0)
    heat = maps.gather(MAP_CHANNELS.index("centre"), 0)
    near, highest = (
        dilated(values.reshape(1, 1, maps.size(1), maps.size(2)), PEAK_SIDE).reshape(
            maps.size(1), maps.size(2)
        )
        for values in (hand, heat)
    )
    zero = np.float32(0.0)
    peaks = heat.equals(highest) & (heat > np.float32(PEAK_LOGIT)) & (near > zero)
    around = dilated(peaks.cast(FLOAT).unsqueeze(0).unsqueeze(0), PEAK_SIDE)
    has_peak = at_cells(around, cells.places)
    with_peak = counted(cells.order, cells.count, has_peak)
    bare = true_places(builder, with_peak.equals(zero))
    sizes = counted(cells.order, cells.count, cells.ones).gather(bare, 0).cast(DOUBLE)
    parts = []
    for top, at in zip(_tops(builder, peaks, size), (cells.columns, cells.rows), strict=True):
        mean = counted(cells.order, cells.count, at).gather(bare, 0) / sizes
        parts.append(builder.add("Concat", top, mean, np.array([_FAR]), axis=0).cast(FLOAT))
    return parts[0], parts[1]


def _tops(builder: GraphBuilder, peaks: Value, size: Value) -> tuple[Value, Value]:
    """Return the mean column and row of each plateau of peaks, doubles, in OpenCV's order."""
    labels = components(builder, peaks).reshape(-1).cast(INT64)
    marks = peaks.reshape(-1).cast(DOUBLE)
    areas = counted(labels, size, marks)
    found = true_places(builder, areas > 0.0)
    # Labels get smaller in the order of components. ONNX Runtime makes a slice of a gather by a
    # range, but not of one that goes backwards.
    ends = np.array([-1]), np.array([np.iinfo(np.int64).min])
    found = builder.add("Slice", found, *ends, np.array([0]), np.array([-1]))
    numbers = builder.add("Range", 0.0, size.cast(DOUBLE), 1.0)
    rows = (numbers / peaks.size(1)).floor()
    columns = numbers - rows * peaks.size(1)
    means = [
        counted(labels, size, marks * at).gather(found, 0) / areas.gather(found, 0)
        for at in (columns, rows)
    ]
    return means[0], means[1]


def _merged(cells: CellValues, votes: tuple[Value, Value], label: Value, count: Value) -> Value:
    """Join groups whose votes agree on one centre, from the largest on."""
    builder = label.builder
    sizes = counted(label, count, cells.ones)
    number = builder.vector(count)
    sizes, order = builder.add_all("TopK", 2, sizes, number)
    sums = [counted(label, count, vote.cast(DOUBLE)).gather(order, 0) for vote in votes]
    numbers = builder.add("Range", np.int64(0), count, np.int64(1))
    used = (sizes > np.float32(0.0)).cast(FLOAT).total(0).cast(INT64)

    def step(
        index: Value, sizes: Value, across: Value, down: Value, kept: Value, joined: Value
    ) -> tuple[Value, ...]:
        size = sizes.gather(index, 0)
        apart = [
            total.gather(index, 0) / size.cast(DOUBLE) - total / sizes.cast(DOUBLE)
            for total in (across, down)
        ]
        distance = builder.add("Sqrt", apart[0] * apart[0] + apart[1] * apart[1])
        reach = builder.add("Sqrt", sizes + size) * np.float32(MERGE_DISTANCE)
        same = (kept & (distance < reach.cast(DOUBLE))).cast(FLOAT)
        is_joined = same.largest(0) > np.float32(0.0)
        target = is_joined.choose(builder.add("ArgMax", same, axis=0, keepdims=0), index)
        grows = numbers.equals(target) & is_joined
        itself = numbers.equals(index)
        return (
            sizes + grows.choose(size, np.float32(0.0)),
            *(
                total + grows.cast(DOUBLE) * total.gather(index, 0)
                for total in (across, down)
            ),
            kept | (itself & ~is_joined),
            itself.choose(target, joined),
        )  # fmt: skip

    none_kept = numbers < np.int64(0)
    joined = builder.repeat(used, [sizes, *sums, none_kept, numbers], step)[-1]
    position = builder.add("ScatterElements", numbers, order, numbers, axis=0)
    return order.gather(joined.gather(position.gather(label, 0), 0), 0)


def _with_fragments(
    cells: CellValues, votes: tuple[Value, Value], label: Value, count: Value
) -> Value:
    """Give a group that points out of itself into the box of a much larger one to that one."""
    builder = label.builder
    all_sizes = counted(label, count, cells.ones)
    is_used = all_sizes > np.float32(0.0)
    groups = true_places(builder, is_used)
    sizes = all_sizes.gather(groups, 0).cast(DOUBLE)
    mine = groups.reshape(-1, 1).equals(label.unsqueeze(0))
    into, inside = None, None
    for vote, at in zip(votes, (cells.columns, cells.rows), strict=True):
        low = -mine.choose(-at, -_FAR).largest(1)
        high = mine.choose(at, -_FAR).largest(1)
        centre = counted(label, count, vote.cast(DOUBLE)).gather(groups, 0) / sizes
        down = centre.unsqueeze(1)
        in_other = ~(down < low.unsqueeze(0)) & ~(down > high.unsqueeze(0))
        in_own = ~(centre < low) & ~(centre > high)
        into = in_other if into is None else into & in_other
        inside = in_own if inside is None else inside & in_own
    assert into is not None
    assert inside is not None
    is_much_larger = (sizes * FRAGMENT_SHARE).unsqueeze(0) > sizes.unsqueeze(1)
    hosts = into & is_much_larger & ~inside.unsqueeze(1)
    large = hosts.choose(sizes.unsqueeze(0), 0.0).cast(FLOAT)
    own = builder.add("Range", np.int64(0), builder.add("Shape", groups).gather(0, 0), np.int64(1))
    host = builder.add("ArgMax", large, axis=1, keepdims=0)
    host = (large.largest(1) > np.float32(0.0)).choose(host, own)
    for _ in range(_JOINS):
        host = host.gather(host, 0)
    index = builder.add("CumSum", is_used.cast(INT64), np.array(0)) - np.int64(1)
    return groups.gather(host.gather(index.gather(label, 0), 0), 0)


def _with_unsure(cells: CellValues, label: Value, count: Value, least: int) -> Value:
    """Give each group with too few sure cells to the one beside it that has the most of them."""
    builder = label.builder
    sure_ones = cells.is_sure.cast(FLOAT)
    pairs = cells.order * count + label
    everywhere, surely = (
        counted(pairs, cells.count * count, amounts).reshape(cells.count, count)
        for amounts in (cells.ones, sure_ones)
    )
    home = builder.add("ArgMax", everywhere, axis=0, keepdims=0)
    host = builder.add("ArgMax", surely, axis=1, keepdims=0)
    numbers = builder.add("Range", np.int64(0), count, np.int64(1))
    is_host = numbers.reshape(-1, 1).equals(host.unsqueeze(0)).cast(FLOAT).largest(1)
    is_sure = ~(counted(label, count, sure_ones) < np.float32(least))
    # The core's rule has the first centre as the host of components that are none.
    is_hand = is_sure | (is_host > np.float32(0.0)) | numbers.equals(np.int64(0))
    return is_hand.choose(numbers, host.gather(home, 0)).gather(label, 0)
