"""`segmentation.decoders.detections` as operators of a graph: from detections to regions."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import reduce

import numpy as np

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, GraphBuilder, Value
from handseg_ros.onnx_export.graph_cells import GraphBox, GraphSpan
from handseg_ros.onnx_export.graph_components import true_places
from handseg_ros.onnx_export.graph_geometry import GraphTransform
from handseg_ros.onnx_export.graph_regions import Claim, Regions, assigned
from handseg_ros.segmentation.decoders.detections import LARGEST_SHARED
from handseg_ros.segmentation.hands import MAX_HANDS

# A detection's pixels in a box of the frame, bool (height, width), by its place.
SampleMask = Callable[[GraphBuilder, Value, GraphBox], Value]


@dataclass(frozen=True)
class GraphDetections:
    """What a detector found: `edges`, doubles (N, 4), left, top, right, bottom in the frame.

    `scores` are float32 (N,), `labels` int64 (N,), `sample` gives pixels by the place.
    """

    edges: Value
    scores: Value
    labels: Value
    sample: SampleMask


@dataclass(frozen=True)
class DetectedRegions:
    """Regions with what is known of each: `scores` float32 and `labels` int64, (regions,)."""

    regions: Regions
    scores: Value
    labels: Value


def frame_size(transform: GraphTransform) -> tuple[Value, Value]:
    """Return height and width of the frame, doubles."""
    return transform[0].whole, transform[1].whole


def edges_in_frame(edges: Value, transform: GraphTransform) -> Value:
    """Return boxes of the input image as they lie in the frame, doubles (N, 4)."""
    rows, columns = transform
    builder = edges.builder
    margins, scales, starts = (
        builder.vector(*parts, *parts)
        for parts in (
            (columns.margin, rows.margin),
            (columns.length / columns.content, rows.length / rows.content),
            (columns.start, rows.start),
        )
    )
    return (edges - margins) * scales + starts


def is_any_of(labels: Value, classes: Collection[int]) -> Value:
    """Return which labels are of some classes, bool (N,)."""
    return reduce(Value.__or__, [labels.equals(np.int64(place)) for place in sorted(classes)])


def found_regions(
    detections: GraphDetections,
    classes: Collection[int],
    transform: GraphTransform,
    thresholds: tuple[float, float],
    max_regions: int,
) -> DetectedRegions:
    """Return the regions of some classes; `thresholds` are the score's and the least area's."""
    builder = detections.scores.builder
    min_score, min_share = thresholds
    frame = frame_size(transform)
    left, top, right, bottom = (detections.edges.gather(place, 1) for place in range(4))
    wanted = (right > left) & (bottom > top) & is_any_of(detections.labels, classes)
    wanted = wanted & ~(detections.scores < np.float32(min_score))
    # With one more that nobody wants, as there may be none.
    ranked = builder.add(
        "Concat",
        wanted.choose(detections.scores, np.float32(-1.0)),
        np.array([-2.0], np.float32),
        axis=0,
    )
    _, order = builder.add_all("TopK", 2, ranked, builder.add("Shape", ranked))
    count = builder.add("Shape", true_places(builder, wanted)).gather(0, 0)
    count = builder.add("Min", count, np.int64(MAX_HANDS))
    min_area = frame[0] * min_share * frame[1]

    def claim(inner: GraphBuilder, number: Value) -> Claim:
        place = order.gather(number, 0)
        box, is_box = _pixels(detections.edges.gather(place, 0), frame)
        inside = detections.sample(inner, place, box)
        own = inside.cast(FLOAT).cast(DOUBLE).total(0, 1) * (1.0 - LARGEST_SHARED)
        return Claim(box, inside, own.maximum(min_area), is_box)

    regions = assigned(builder, frame, count, claim, max_regions)
    places = builder.add("Range", np.int64(0), count, np.int64(1))
    kept = order.gather(regions.of(places), 0)
    return DetectedRegions(
        regions, detections.scores.gather(kept, 0), detections.labels.gather(kept, 0)
    )


def _pixels(edges: Value, frame: tuple[Value, Value]) -> tuple[GraphBox, Value]:
    """Return the pixels whose centres lie in a box, and whether there are any.

    Where there are none it is a box of one, as operators need something to work on.
    """
    spans, are_there = [], []
    for first, last, length in ((1, 3, frame[0]), (0, 2, frame[1])):
        begin, end = (
            (edges.gather(place, 0) - 0.5).maximum(0.0).minimum(length).ceil()
            for place in (first, last)
        )
        are_there.append(end > begin)
        begin = begin.minimum(length - 1.0)
        spans.append(GraphSpan(begin, end.maximum(begin + 1.0)))
    return (spans[0], spans[1]), are_there[0] & are_there[1]
