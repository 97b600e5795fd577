"""What each family of detectors answers, as operators of a graph: its detections.

As the modules of the same names in `segmentation.decoders` have it, whose texts tell the layouts.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.detection_graph import (
    GraphDetections,
    SampleMask,
    edges_in_frame,
    is_any_of,
)
from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, INT64, GraphBuilder, Value
from handseg_ros.onnx_export.graph_cells import GraphBox, GraphCells, GraphSpan, cut, linear_weights
from handseg_ros.onnx_export.graph_components import true_places
from handseg_ros.onnx_export.graph_geometry import GraphTransform
from handseg_ros.segmentation.decoders import mask_rcnn, rf_detr_seg, rtmdet_ins, yolo_seg
from handseg_ros.segmentation.decoders.detections import hand_classes, object_classes
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.hands import MAX_HANDS


@dataclass(frozen=True)
class NetworkAnswer:
    """A network's outputs by their roles, with how many axes each has."""

    values: Mapping[str, Value]
    axes: Mapping[str, int]
    transform: GraphTransform
    description: ModelDescription

    @property
    def builder(self) -> GraphBuilder:
        """The graph that the outputs are in."""
        return next(iter(self.values.values())).builder

    @property
    def mask_logit(self) -> float:
        """The logit of the mask threshold."""
        chosen = self.description.thresholds.mask
        return math.log(chosen / (1.0 - chosen))

    def known_classes(self) -> set[int]:
        """Return the places of the classes that are looked for."""
        return hand_classes(self.description) | object_classes(self.description)


def of_mask_rcnn(answer: NetworkAnswer) -> GraphDetections:
    """Return the detections of the family `mask_rcnn`."""
    description = answer.description
    boxes = answer.values[mask_rcnn.BOXES].cast(DOUBLE)
    edges = boxes.gather([1, 0, 3, 2], 1) if description.box_order == "yxyx" else boxes
    covers_image = description.mask_covers == "image"
    if covers_image:
        edges = edges + np.array([-1.0, -1.0, 1.0, 1.0]) * mask_rcnn.PASTE_MARGIN
    edges = edges_in_frame(edges, answer.transform)
    labels = answer.values[mask_rcnn.LABELS].cast(INT64)
    masks = answer.values[mask_rcnn.MASKS].cast(FLOAT)
    if answer.axes[mask_rcnn.MASKS] == 3:
        masks = masks.unsqueeze(1)
    elif description.output_layout == "NHWC":
        masks = masks.transpose(0, 3, 1, 2)
    # One mask for each class, or one for all.
    last = masks.size(1).cast(INT64) - np.int64(1)
    limit = np.float32(description.thresholds.mask)

    def plane(place: Value) -> Value:
        own = masks.builder.add("Min", labels.gather(place, 0), last)
        return masks.gather(place, 0).gather(own, 0)

    def in_box(builder: GraphBuilder, place: Value, box: GraphBox) -> Value:
        own = edges.gather(place, 0)
        rows = _in_edges(box[0], own.gather(1, 0), own.gather(3, 0), masks.size(2))
        columns = _in_edges(box[1], own.gather(0, 0), own.gather(2, 0), masks.size(3))
        return rows @ (plane(place) @ columns.transpose(1, 0)) > limit

    scores = answer.values[mask_rcnn.SCORES].cast(FLOAT)
    if not covers_image:
        return GraphDetections(edges, scores, labels, in_box)
    grid = GraphCells.of(answer.transform, masks.size(2), masks.size(3))
    return GraphDetections(edges, scores, labels, _plane_sampler(grid, plane, limit))


def _in_edges(pixels: GraphSpan, first: Value, last: Value, cells: Value) -> Value:
    """Return the weights of cells that cover a box from edge to edge in pixels' centres."""
    centres = first.builder.add("Range", pixels.begin, pixels.end, 1.0) + 0.5
    positions = (centres - first) * (cells / (last - first)) - 0.5
    return linear_weights(positions.cast(FLOAT), cells)


def _plane_sampler(
    grid: GraphCells, plane: Callable[[Value], Value], limit: np.float32
) -> SampleMask:
    """Return what samples whole maps of the image, which `plane` gives by a detection's place."""

    def sample(builder: GraphBuilder, place: Value, box: GraphBox) -> Value:
        window = grid.window(box)
        seen = grid.seen(builder, plane(place).unsqueeze(0)).gather(0, 0)
        return grid.upsampler(window, box).of(cut(builder, seen, window)) > limit

    return sample


def _of_planes(
    answer: NetworkAnswer,
    scores: Value,
    labels: Value,
    places: Value,
    planes: Value,
    limit: float,
) -> GraphDetections:
    """Return detections whose masks cover the image and no box cuts off.

    `places` (D,) tells which of `planes`, float32 (N, rows, columns), each detection has.
    """
    builder = answer.builder
    description = answer.description
    wanted = ~(scores < np.float32(description.thresholds.score))
    chosen = true_places(builder, wanted & is_any_of(labels, answer.known_classes()))
    grid = GraphCells.of(answer.transform, planes.size(1), planes.size(2))
    own = planes.gather(places.gather(chosen, 0), 0)
    above = (grid.seen(builder, own) > np.float32(limit)).cast(FLOAT)
    spans = [
        _lines(grid_axis_span, above.largest(other), count)
        for grid_axis_span, other, count in (
            (grid.rows.span, 2, grid.shape[0]),
            (grid.columns.span, 1, grid.shape[1]),
        )
    ]
    sides = (spans[1].begin, spans[0].begin, spans[1].end, spans[0].end)
    edges = builder.add("Concat", *(side.unsqueeze(1) for side in sides), axis=1)
    has_any = above.largest(1, 2).cast(DOUBLE)
    sampler = _plane_sampler(grid, lambda place: own.gather(place, 0), np.float32(limit))
    return GraphDetections(
        edges * has_any.unsqueeze(1), scores.gather(chosen, 0), labels.gather(chosen, 0), sampler
    )


def _lines(span: Callable[[GraphSpan], GraphSpan], marks: Value, count: Value) -> GraphSpan:
    """Return the pixels around what is marked, of each row of marks (D, cells), on one axis."""
    first, last = (
        marks.builder.add("ArgMax", marks, axis=1, keepdims=0, select_last_index=where).cast(DOUBLE)
        for where in (0, 1)
    )
    return span(GraphSpan((first - 1.0).maximum(0.0), (last + 2.0).minimum(count)))


def of_rtmdet_ins(answer: NetworkAnswer) -> GraphDetections:
    """Return the detections of the family `rtmdet_ins`."""
    scores = answer.values[rtmdet_ins.BOXES].cast(FLOAT).gather(0, 0).gather(4, 1)
    labels = answer.values[rtmdet_ins.LABELS].cast(INT64).gather(0, 0)
    planes = answer.values[rtmdet_ins.MASKS].cast(FLOAT).gather(0, 0)
    places = _numbers(scores)
    limit = answer.description.thresholds.mask
    return _of_planes(answer, _of_rows(scores), labels, places, planes, limit)


def _of_rows(scores: Value) -> Value:
    """Return scores without those of rows that hold no detection, whose score is 0."""
    return (scores > np.float32(0.0)).choose(scores, np.float32(-1.0))


def _numbers(values: Value) -> Value:
    builder = values.builder
    count = builder.add("Shape", values).gather(0, 0)
    return builder.add("Range", np.int64(0), count, np.int64(1))


def of_rf_detr_seg(answer: NetworkAnswer) -> GraphDetections:
    """Return the detections of the family `rf_detr_seg`."""
    builder = answer.builder
    wanted = sorted(answer.known_classes())
    logits = answer.values[rf_detr_seg.LOGITS].gather(0, 0).gather(wanted, 1).cast(DOUBLE)
    odds = builder.add("Exp", -logits.maximum(-80.0).minimum(80.0))
    scores = (1.0 / (odds + 1.0)).cast(FLOAT)
    queries = _numbers(scores).reshape(-1, 1)
    same = np.zeros((1, len(wanted)), np.int64)
    labels = (queries * np.int64(0) + np.array([wanted])).reshape(-1)
    places = (queries + same).reshape(-1)
    planes = answer.values[rf_detr_seg.MASKS].cast(FLOAT).gather(0, 0)
    return _of_planes(answer, scores.reshape(-1), labels, places, planes, answer.mask_logit)


def of_yolo_seg(answer: NetworkAnswer) -> GraphDetections:
    """Return the detections of the family `yolo_seg`."""
    prototypes = answer.values[yolo_seg.PROTOTYPES].cast(FLOAT).gather(0, 0)
    rows = answer.values[yolo_seg.PREDICTIONS].cast(FLOAT).gather(0, 0)
    if answer.description.nms_iou_threshold is None:
        edges, scores = _columns(rows, 0, 4).cast(DOUBLE), _of_rows(rows.gather(4, 1))
        labels, coefficients = rows.gather(5, 1).cast(INT64), _columns(rows, 6)
    else:
        edges, scores, labels, coefficients = _suppressed(rows, answer)
    grid = GraphCells.of(answer.transform, prototypes.size(1), prototypes.size(2))
    limit = np.float32(answer.mask_logit)
    seen = grid.seen(prototypes.builder, prototypes)

    def sample(builder: GraphBuilder, place: Value, box: GraphBox) -> Value:
        window = grid.window(box)
        cells = cut(builder, seen, window, 1)
        own = coefficients.gather(place, 0).reshape(1, -1)
        logits = (own @ cells.reshape(cells.size(0), -1)).reshape(cells.size(1), cells.size(2))
        return grid.upsampler(window, box).of(logits) > limit

    return GraphDetections(edges_in_frame(edges, answer.transform), scores, labels, sample)


def _columns(rows: Value, first: int, behind: int = np.iinfo(np.int64).max) -> Value:
    return rows.builder.add(
        "Slice", rows, np.array([first]), np.array([behind]), np.array([1])
    )  # fmt: skip


def _suppressed(anchors: Value, answer: NetworkAnswer) -> tuple[Value, Value, Value, Value]:
    """Return edges, scores, labels and coefficients of anchors, each thing once."""
    builder, description = answer.builder, answer.description
    classes = len(description.classes)
    rows = anchors.transpose(1, 0)
    probabilities = _columns(rows, 4, 4 + classes)
    best = probabilities.gather(sorted(answer.known_classes()), 1).largest(1)
    least = np.float32(description.thresholds.score)
    # The most certain ones, if there are many.
    count = builder.add("Min", builder.add("Shape", best), np.array([yolo_seg.MOST_BOXES]))
    highest, order = builder.add_all("TopK", 2, best, count)
    enough = ~(highest < least) & (highest > np.float32(0.0))
    places, _ = builder.add_all(
        "TopK", 2, order.gather(true_places(builder, enough), 0), _count_of(enough), largest=0
    )
    rows, probabilities = rows.gather(places, 0), probabilities.gather(places, 0)
    scores = probabilities.largest(1)
    labels = builder.add("ArgMax", probabilities, axis=1, keepdims=0)
    centre, half = _columns(rows, 0, 2).cast(DOUBLE), _columns(rows, 2, 4).cast(DOUBLE) / 2.0
    edges = builder.add("Concat", centre - half, centre + half, axis=1)
    kept = []
    for wanted in (hand_classes(description), object_classes(description)):
        if wanted:
            mine = true_places(builder, is_any_of(labels, wanted))
            first = _first_of_each(edges.gather(mine, 0), scores.gather(mine, 0), description)
            kept.append(mine.gather(first, 0))
    stay = builder.add("Concat", *kept, axis=0)
    return (
        edges.gather(stay, 0),
        scores.gather(stay, 0),
        labels.gather(stay, 0),
        _columns(rows, 4 + classes).gather(stay, 0),
    )


def _count_of(marks: Value) -> Value:
    return marks.builder.add("Shape", true_places(marks.builder, marks))


def _first_of_each(edges: Value, scores: Value, description: ModelDescription) -> Value:
    """Return which boxes stay, int64, the most certain first."""
    builder = edges.builder
    chosen = builder.add(
        "NonMaxSuppression",
        edges.cast(FLOAT).unsqueeze(0),
        scores.unsqueeze(0).unsqueeze(0),
        np.array([MAX_HANDS]),
        np.array([description.nms_iou_threshold or 0.0], np.float32),
    )
    return chosen.gather(2, 1)
