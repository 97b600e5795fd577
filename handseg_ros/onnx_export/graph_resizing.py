"""OpenCV's resize of 8-bit images as operators of a graph, to the last bit.

What `geometry._resize` asks OpenCV for: INTER_AREA where an image shrinks much, which sums up in
float32 in a certain order, and INTER_LINEAR, which has weights of 11 bits and cuts off between two
steps (modules/imgproc/src/resize.cpp: computeResizeAreaTab, ResizeArea_Invoker,
ResizeAreaFast_Invoker, HResizeLinear, VResizeLinear). Other numbers would be as good, but not the
core's.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, INT64, GraphBuilder, Value
from handseg_ros.segmentation.geometry import MAX_INTERPOLATED

# Shares of a pixel that OpenCV leaves out where it averages.
_SMALLEST_SHARE = 1e-3
# One, as a weight of INTER_LINEAR.
_ONE = 2048.0


@dataclass(frozen=True)
class _Averaging:
    """How one axis is averaged: `source` pixels to `target` ones, doubles, as many or less.

    With `is_whole`, a bool, each of the target's is the sum of whole pixels on this axis.
    """

    source: Value
    target: Value
    is_whole: Value

    @property
    def scale(self) -> Value:
        """The source's pixels for one of the target's, rounded as OpenCV rounds it."""
        return 1.0 / (self.target / self.source)


def resized(
    builder: GraphBuilder, image: Value, source: tuple[Value, Value], target: tuple[Value, Value]
) -> Value:
    """Return an image scaled from source to target, (height, width) as doubles.

    `image` is (height, width, 3) of uint8; the result is (3, height, width), float32 of whole
    numbers.
    """
    averaged = _averaged_size(source, target)
    turned = image.transpose(1, 0, 2)
    columns = turned.reshape(source[1], -1).cast(FLOAT)
    columns = _averaged_image(builder, columns, source, averaged)
    return _interpolated(builder, columns, averaged, target)


def _averaged_size(source: tuple[Value, Value], target: tuple[Value, Value]) -> tuple[Value, Value]:
    """Return the size that averaging makes: of whole blocks first, where these fill the image.

    Blocks of one pixel leave all to interpolating, as blocks do where little is left to shrink.
    """
    shrunk = [goal.minimum(length) for goal, length in zip(target, source, strict=True)]
    ratios = [length / goal for goal, length in zip(shrunk, source, strict=True)]
    factor = ratios[0].floor().minimum(ratios[1].floor())
    rest = ratios[0].maximum(ratios[1]) / factor
    blocks = [(length / factor).floor() for length in source]
    rests = [length - count * factor for length, count in zip(source, blocks, strict=True)]
    has_blocks = ~(rest > MAX_INTERPOLATED) & (rests[0] + rests[1] < 0.5)
    rows, columns = (
        has_blocks.choose(count, goal) for count, goal in zip(blocks, shrunk, strict=True)
    )
    return rows, columns


def _averaged_image(
    builder: GraphBuilder,
    columns: Value,
    source: tuple[Value, Value],
    target: tuple[Value, Value],
) -> Value:
    """Scale columns, (width, height * 3), to the target's, as INTER_AREA does."""
    scales = [1.0 / (goal / length) for goal, length in zip(target, source, strict=True)]
    wholes = [scale.equals(scale.round()) for scale in scales]
    is_whole = wholes[0] & wholes[1]
    down, across = (
        _Averaging(length, goal, is_whole) for length, goal in zip(source, target, strict=True)
    )
    rows = _turned(_averaged(builder, columns, across), target[1], source[0])
    sums = _averaged(builder, rows, down)
    share = is_whole.choose(1.0 / (scales[0] * scales[1]), 1.0).cast(FLOAT)
    mean = sums * share
    # Blocks of 2x2 have code of their own, which rounds halves up.
    is_two = scales[0].equals(2.0) & scales[1].equals(2.0)
    rounded = is_two.choose((mean + np.float32(0.5)).floor(), mean.round())
    return _turned(rounded, target[0], target[1])


def _turned(lines: Value, count: Value, length: Value) -> Value:
    """Return lines of pixels, (count, length * 3), as those across, (length, count * 3)."""
    pixels = lines.reshape(count, length, 3).transpose(1, 0, 2)
    return pixels.reshape(length, -1)


def _averaged(builder: GraphBuilder, lines: Value, axis: _Averaging) -> Value:
    """Average along the first axis, float32 (source, n): sums of shares, one after the other."""
    scale = axis.scale
    begin = _places(builder, axis.target) * scale
    end = begin + scale
    cell = (axis.source - begin).minimum(scale)
    last = end.floor().minimum(axis.source - 1.0)
    first = begin.ceil().minimum(last)
    divisor = axis.is_whole.choose(1.0, cell)
    front, rest = first - begin, end - last
    behind = (rest > _SMALLEST_SHARE).choose(rest.minimum(1.0).minimum(cell), 0.0)

    def taken(pixel: Value, share: Value) -> Value:
        place = pixel.maximum(0.0).minimum(axis.source - 1.0).cast(INT64)
        weight = (share / divisor).cast(FLOAT).reshape(-1, 1)
        return lines.gather(place, 0) * weight

    def step(number: Value, total: Value) -> tuple[Value]:
        pixel = first + number.cast(DOUBLE)
        share = (pixel < last).choose(1.0, pixel.equals(last).choose(behind, 0.0))
        return (total + taken(pixel, share),)

    start = taken(first - 1.0, (front > _SMALLEST_SHARE).choose(front, 0.0))
    return builder.repeat(scale.ceil().cast(INT64), [start], step)[0]


def _interpolated(
    builder: GraphBuilder,
    columns: Value,
    source: tuple[Value, Value],
    target: tuple[Value, Value],
) -> Value:
    """Scale columns, (width, height * 3), to the target as INTER_LINEAR does: (3, ...) of it."""
    first, second, weight, other = _neighbours(builder, source[1], target[1])
    # At the border there is one neighbour, in whole.
    is_inside = (first > -0.5) & (first < source[1] - 1.0)
    weight, other = is_inside.choose(weight, _ONE), is_inside.choose(other, 0.0)
    wide = _taken(columns, first, source[1]) * weight.cast(FLOAT).reshape(-1, 1)
    wide = wide + _taken(columns, second, source[1]) * other.cast(FLOAT).reshape(-1, 1)
    rows = _turned((wide * np.float32(1 / 16)).floor(), target[1], source[0])
    first, second, weight, other = _neighbours(builder, source[0], target[0])
    parts = [
        (_taken(rows, place, source[0]).cast(DOUBLE) * (share / 65536.0).reshape(-1, 1)).floor()
        for place, share in ((first, weight), (second, other))
    ]
    pixels = ((parts[0] + parts[1] + 2.0) * 0.25).floor().cast(FLOAT)
    return pixels.reshape(target[0], target[1], 3).transpose(2, 0, 1)


def _neighbours(
    builder: GraphBuilder, source: Value, target: Value
) -> tuple[Value, Value, Value, Value]:
    """Return which pixels the target's lie between, and their weights of 11 bits, as doubles."""
    scale = 1.0 / (target / source)
    position = ((_places(builder, target) + 0.5) * scale - 0.5).cast(FLOAT)
    first = position.floor()
    share = position - first
    weights = [
        (part * np.float32(_ONE)).round().cast(DOUBLE)
        for part in (-share + np.float32(1.0), share)
    ]  # fmt: skip
    return first.cast(DOUBLE), first.cast(DOUBLE) + 1.0, weights[0], weights[1]


def _taken(lines: Value, places: Value, count: Value) -> Value:
    return lines.gather(places.maximum(0.0).minimum(count - 1.0).cast(INT64), 0)


def _places(builder: GraphBuilder, count: Value) -> Value:
    return builder.add("Range", 0.0, count, 1.0)
