"""`segmentation.decoders.regions.UnassignedPixels` as operators of a graph: a pixel has one owner.

Regions come in the order of their scores; each takes what others have left of its pixels, and is
there when that is enough.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.graph_builder import (
    BOOL,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    GraphBuilder,
    Value,
)
from handseg_ros.onnx_export.graph_cells import GraphBox, cut


@dataclass(frozen=True)
class Claim:
    """What a region asks for: pixels `inside` a box of the frame, bool (height, width).

    It needs `min_area` of them, a double, and is none where `is_valid` is false.
    """

    box: GraphBox
    inside: Value
    min_area: Value
    is_valid: Value


@dataclass(frozen=True)
class Regions:
    """Regions of a frame: `owners`, int32 (height, width), the number of each pixel's, from 1 on.

    `is_kept` (claims,) tells which claims are regions, `boxes` is int32 (regions, 4): y1, x1, y2,
    x2, of which the latter two are the first that lie behind.
    """

    owners: Value
    is_kept: Value
    boxes: Value

    def of(self, values: Value) -> Value:
        """Return of values, (claims, ...), those of regions."""
        return self.owners.builder.add("Compress", values, self.is_kept, axis=0)


def assigned(
    builder: GraphBuilder,
    frame: tuple[Value, Value],
    count: Value,
    claim: Callable[[GraphBuilder, Value], Claim],
    max_regions: int,
) -> Regions:
    """Return the regions of so many claims, an int64, in a frame of (height, width).

    `claim` makes the claim of a number, int64 from 0 on.
    """
    size = builder.vector(*frame).cast(INT64)
    nobody = builder.add("Expand", np.array(0, np.int32), size)

    def step(number: Value, owners: Value, found: Value) -> tuple[Value, ...]:
        wanted = claim(number.builder, number)
        rows, columns = wanted.box
        is_free = cut(number.builder, owners, wanted.box).equals(np.int32(0))
        mask = wanted.inside & is_free
        marks = mask.cast(FLOAT)
        area = marks.cast(DOUBLE).total(0, 1)
        # As many as there is room for, of at least one pixel.
        needed = wanted.min_area.maximum(1.0)
        is_kept = wanted.is_valid & ~(area < needed) & (found < np.int32(max_regions))
        found = found + is_kept.cast(INT32)
        own = (mask & is_kept).choose(found, np.int32(0))
        rest = [end - span.end for end, span in zip(frame, wanted.box, strict=True)]
        pads = number.builder.vector(rows.begin, columns.begin, *rest).cast(INT64)
        owners = owners + number.builder.add("Pad", own, pads, np.int32(0))
        edges = _edges(marks, wanted.box)
        return owners, found, is_kept, edges

    owners, _, is_kept, boxes = builder.repeat(
        count, [nobody, np.array(0, np.int32)], step, [(BOOL, []), (INT32, [4])]
    )
    regions = Regions(owners, is_kept, boxes)
    return Regions(owners, is_kept, regions.of(boxes))


def _edges(marks: Value, box: GraphBox) -> Value:
    """Return y1, x1, y2, x2 around what is marked in a box, float32 (height, width), as int32."""
    builder = marks.builder
    begins, ends = [], []
    for span, other in zip(box, (1, 0), strict=True):
        line = marks.largest(other)
        first = builder.add("ArgMax", line, axis=0, keepdims=0)
        last = builder.add("ArgMax", line, axis=0, keepdims=0, select_last_index=1)
        begins.append(span.begin + first.cast(DOUBLE))
        ends.append(span.begin + last.cast(DOUBLE) + 1.0)
    return builder.vector(*begins, *ends).cast(INT32)


def masks_of(builder: GraphBuilder, regions: Regions) -> Value:
    """Return each region's mask, uint8 (regions, height, width), 0 or 255."""
    count = builder.add("Shape", regions.boxes).gather(0, 0).cast(INT32)
    numbers = builder.add("Range", np.int32(1), count + np.int32(1), np.int32(1))
    mine = regions.owners.equals(numbers.reshape(-1, 1, 1))
    return mine.choose(np.uint8(255), np.uint8(0))
