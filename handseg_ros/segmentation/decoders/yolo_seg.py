"""Decoder of the `yolo_seg` family: boxes with mask coefficients, and prototypes of masks.

The layout is that of YOLOv8-seg, YOLO11-seg and YOLO26-seg exports, masks as in YOLACT (Bolya et
al., ICCV 2019): the logit of a mask is the sum of the prototypes, weighted with the detection's
coefficients, inside its box. Boxes are in pixels of the network's input image.

Without suppression in the graph (`nms_iou_threshold` in the description), `predictions` is (1, 4 +
classes + coefficients, anchors): the box's centre x and y, width and height, each class's
probability, coefficients. With it, or end-to-end, `predictions` is (1, detections, 6 +
coefficients): left, top, right, bottom, score, class, coefficients, rows without a detection
having an empty box or the score 0.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField, class_orders
from handseg_ros.segmentation.decoders.detections import (
    Detections,
    find_instances,
    hand_classes,
    object_classes,
)
from handseg_ros.segmentation.decoders.nms import nms
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.description import (
    LEFT_HAND,
    OBJECT,
    RIGHT_HAND,
    InputDescription,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.geometry import CellGrid, ResizeTransform
from handseg_ros.segmentation.hands import MAX_HANDS, Box, DecodedInstances

PREDICTIONS, PROTOTYPES = "predictions", "prototypes"

# The most certain boxes that go into suppression: more overlap than can be things of one frame.
MOST_BOXES = 1000
_EDGES = 4
# Above it two boxes are one thing, where the graph leaves that to others; the usual value.
_USUAL_IOU = 0.7


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, and its objects where the description names such.

    `outputs["prototypes"]` is float32 (1, coefficients, rows, columns), `outputs["predictions"]`
    one of the two that the module's text says. Raises ValueError when they are no such, and
    ModelError for a label without a class.
    """
    prototypes = _prototypes(outputs[PROTOTYPES], description)
    predictions = outputs[PREDICTIONS]
    if description.nms_iou_threshold is None:
        rows = _final(predictions, len(prototypes), description)
    else:
        anchors = _anchors(predictions, len(prototypes), description)
        rows = _after_nms(anchors, description, thresholds.score)
    edges = transform.edges_in_frame(rows.edges)
    grid = transform.grid(*prototypes.shape[1:])
    limit = float(np.log(thresholds.mask / (1.0 - thresholds.mask)))
    masks = PrototypeMasks(grid.seen(prototypes), rows.coefficients, grid, limit)
    detections = Detections(edges, rows.scores, rows.labels)
    return find_instances(detections, masks.sample, transform, description, thresholds)


@dataclass(frozen=True)
class PrototypeMasks:
    """Masks of detections as weighted sums of `prototypes`, (coefficients, rows, columns).

    `coefficients` are (N, coefficients); `grid` maps the prototypes' cells to the frame; a pixel is
    in the mask where its logit, interpolated, is above `limit`.
    """

    prototypes: np.ndarray
    coefficients: np.ndarray
    grid: CellGrid
    limit: float

    def sample(self, index: int, box: Box) -> np.ndarray:
        """Return a detection's pixels in a box: bool (box.height, box.width)."""
        window = self.grid.window(box)
        prototypes = self.prototypes[:, window[0], window[1]]
        cells = np.einsum("k,kyx->yx", self.coefficients[index], prototypes)
        return self.grid.upsample(cells, (window[0].start, window[1].start), box) > self.limit


@dataclass(frozen=True)
class _Rows:
    """Predictions: edges in the input image (N, 4), scores and labels (N,), coefficients (N, K)."""

    edges: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    coefficients: np.ndarray

    def __getitem__(self, indices: np.ndarray) -> _Rows:
        return _Rows(
            self.edges[indices],
            self.scores[indices],
            self.labels[indices],
            self.coefficients[indices],
        )


def _prototypes(values: np.ndarray, description: ModelDescription) -> np.ndarray:
    if values.ndim != 4 or len(values) != 1:
        raise ValueError(
            f"output '{description.outputs[PROTOTYPES]}' has the shape {values.shape}, but "
            "prototypes need (1, coefficients, rows, columns)"
        )
    return np.asarray(values[0], np.float32)


def _final(values: np.ndarray, count: int, description: ModelDescription) -> _Rows:
    """Return the predictions of a graph that has suppressed."""
    if values.ndim != 3 or len(values) != 1 or values.shape[2] != 6 + count:
        raise ValueError(
            f"output '{description.outputs[PREDICTIONS]}' has the shape {values.shape}, but "
            f"detections with {count} coefficients need (1, detections, {6 + count}): give "
            "'nms_iou_threshold' where the graph leaves suppression to others"
        )
    rows = values[0].astype(np.float32)
    # A row without a detection has the score 0, which a threshold of 0 would let pass.
    scores = np.where(rows[:, 4] > 0, rows[:, 4], -1.0).astype(np.float32)
    labels = rows[:, 5].astype(np.int64)
    return _Rows(rows[:, :_EDGES].astype(np.float64), scores, labels, rows[:, 6:])


def _anchors(values: np.ndarray, count: int, description: ModelDescription) -> np.ndarray:
    """Return the predictions of a graph that has not suppressed, (4 + classes + count, anchors)."""
    channels = _EDGES + len(description.classes) + count
    if values.ndim != 3 or values.shape[:2] != (1, channels):
        raise ValueError(
            f"output '{description.outputs[PREDICTIONS]}' has the shape {values.shape}, but 4 for "
            f"a box, {len(description.classes)} classes and {count} coefficients need "
            f"(1, {channels}, anchors): name every class, in the network's order, and leave "
            "'nms_iou_threshold' out where the graph has suppressed"
        )
    return values[0]


def _after_nms(anchors: np.ndarray, description: ModelDescription, min_score: float) -> _Rows:
    """Return the predictions that are certain enough, each thing once."""
    rows = _candidates(anchors, description, min_score)
    kept = []
    for classes in (hand_classes(description), object_classes(description)):
        mine = np.flatnonzero(np.isin(rows.labels, list(classes)))
        first = nms(
            rows.edges[mine], rows.scores[mine], description.nms_iou_threshold or 0.0, MAX_HANDS
        )
        kept.append(mine[first])
    return rows[np.concatenate(kept)]


def _candidates(anchors: np.ndarray, description: ModelDescription, min_score: float) -> _Rows:
    """Return the anchors with a hand or object that is certain enough, the most certain if many."""
    classes = len(description.classes)
    wanted = sorted(hand_classes(description) | object_classes(description))
    # Most anchors see none of what is looked for: only what is left has its class determined.
    best = anchors[_EDGES + wanted[0]]
    for index in wanted[1:]:
        best = np.maximum(best, anchors[_EDGES + index])
    indices = np.flatnonzero((best >= min_score) & (best > 0))
    if len(indices) > MOST_BOXES:
        indices = indices[np.argpartition(-best[indices], MOST_BOXES)[:MOST_BOXES]]
    columns = anchors[:, indices].T.astype(np.float32)
    probabilities = columns[:, _EDGES : _EDGES + classes]
    centre, half = columns[:, :2].astype(np.float64), columns[:, 2:4].astype(np.float64) / 2.0
    return _Rows(
        np.concatenate([centre - half, centre + half], axis=1),
        probabilities.max(axis=1),
        probabilities.argmax(axis=1),
        columns[:, _EDGES + classes :],
    )


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match predictions (1, a, b) beside prototypes (1, c, rows, columns)."""
    shapes = {name: statistics.shape for name, statistics in outputs.items()}
    predictions = [name for name, shape in shapes.items() if len(shape) == 3 and shape[0] == 1]
    prototypes = [name for name, shape in shapes.items() if len(shape) == 4 and shape[0] == 1]
    if len(predictions) != 1 or len(prototypes) != 1:
        return None
    (name,), (maps,) = predictions, prototypes
    (_, first, second), count = shapes[name], shapes[maps][1]
    details: tuple[InferredField, ...] = ()
    if second == _EDGES + 2 + count:
        classes = 1 + max(0, int(outputs[name].columns[5]))
        reason = f"'{name}' has rows of 6 numbers and the {count} coefficients of '{maps}'"
    elif first > _EDGES + count:
        classes = first - _EDGES - count
        reason = f"'{name}' has columns of 4 numbers, {classes} classes and the {count} of '{maps}'"
        why = "the usual one, as the graph leaves suppression to others"
        details = (
            InferredField("nms_iou_threshold", _USUAL_IOU, why, "change it in the description"),
        )
    else:
        return None
    roles = {PREDICTIONS: name, PROTOTYPES: maps}
    orders = class_orders(classes, 0)
    if classes == 2:
        orders = ((LEFT_HAND, RIGHT_HAND), *orders)
    return DecoderMatch("yolo_seg", reason, roles, orders, details, "letterbox_centre", "unit")


DECODER = Decoder(decode, detect, outputs=(PREDICTIONS, PROTOTYPES), optional_classes=(OBJECT,))
