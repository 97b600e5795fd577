"""What a detector would give if it saw the painted scene, in its real shapes.

Its answer holds what a real one's does beside the hands: weak boxes and, before suppression, each
hand many times.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from support.scene import HANDS
from support.scene_view import View, logits

from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.description import OBJECT, ModelDescription

_CELLS = 28  # of Mask R-CNN's masks, on either axis
_DETECTIONS = 20  # of Mask R-CNN, the weak ones with them
_QUERIES = 100  # of RF-DETR
_ROWS = 300  # of YOLO's, where the graph suppresses
_STRIDES = (8, 16, 32)
_COEFFICIENTS = 32
_ANCHORS_A_THING = 12  # that see a hand before suppression
_SCORE, _WEAK = 0.9, 0.05


@dataclass(frozen=True)
class _Boxes:
    """Detections: edges (N, 4) in the input, scores and labels (N,), and the thing seen (N,)."""

    edges: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    things: np.ndarray


def _boxes(view: View, description: ModelDescription, times: int, count: int) -> _Boxes:
    """Return each thing that the classes name so many times, and `count` with weak ones.

    What is found often is found a few pixels beside itself, and weak boxes are anywhere.
    """
    generator = np.random.default_rng(0)
    hands = [place for place, name in enumerate(description.classes) if name in HAND_SIDES]
    labels = [hands[number % len(hands)] for number in HANDS]
    if OBJECT in description.classes:
        labels.append(description.classes.index(OBJECT))
    things = np.tile(np.arange(len(labels)), times)
    first = view.edges()[things] + generator.normal(0, 1.0, (len(things), 4)).round()
    # The first time exactly: this is the box that stays.
    first[: len(labels)] = view.edges()[: len(labels)]
    scores = _SCORE - 0.01 * np.arange(len(things))
    weak = count - len(things)
    corners = generator.uniform(0, 0.8, (weak, 2)) * view.covered.shape[:0:-1]
    anywhere = np.concatenate([corners, corners + generator.uniform(8, 100, (weak, 2))], axis=1)
    return _Boxes(
        np.concatenate([first, anywhere]),
        np.concatenate([scores, generator.uniform(0, _WEAK, weak)]),
        np.concatenate([np.array(labels)[things], generator.choice(hands, weak)]),
        np.concatenate([things, generator.integers(0, len(labels), weak)]),
    )


def mask_rcnn(view: View, description: ModelDescription) -> dict[str, np.ndarray]:
    """Return the outputs of the family `mask_rcnn` by their role, in the described layout."""
    boxes = _boxes(view, description, 1, _DETECTIONS)
    if description.mask_covers == "image":
        masks = view.covered[boxes.things]
    else:
        masks = np.stack(_box_masks(view))[boxes.things]
    if description.output_layout == "NHWC":
        masks = np.repeat(masks[..., None], len(description.classes), axis=3)
    elif description.output_layout == "NCHW":
        masks = masks[:, None]
    order = (1, 0, 3, 2) if description.box_order == "yxyx" else (0, 1, 2, 3)
    return {
        "boxes": boxes.edges[:, order].astype(np.float32),
        "labels": boxes.labels.astype(np.int64),
        "scores": boxes.scores.astype(np.float32),
        "masks": masks,
    }


def _box_masks(view: View) -> list[np.ndarray]:
    """Return the mask of each thing's box, (28, 28)."""
    masks = []
    for plane, edges in zip(view.covered, view.edges().astype(int), strict=True):
        left, top, right, bottom = edges
        part = plane[top:bottom, left:right]
        masks.append(cv2.resize(part, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA))
    return masks


def yolo_seg(view: View, description: ModelDescription) -> dict[str, np.ndarray]:
    """Return the outputs of the family `yolo_seg` by their role, suppressed or not as described."""
    height, width = view.covered.shape[1:]
    generator = np.random.default_rng(1)
    prototypes = generator.normal(0, 1, (_COEFFICIENTS, height // 4, width // 4))
    for place, plane in enumerate(view.covered):
        size = width // 4, height // 4
        prototypes[place] = logits(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    if description.nms_iou_threshold is None:
        boxes = _boxes(view, description, 1, _ROWS)
        found = [boxes.edges, boxes.scores[:, None], boxes.labels[:, None], _coefficients(boxes)]
        predictions = np.concatenate(found, axis=1)
    else:
        anchors = sum((height // stride) * (width // stride) for stride in _STRIDES)
        predictions = _anchors(_boxes(view, description, _ANCHORS_A_THING, anchors), description)
    named = {"predictions": predictions, "prototypes": prototypes}
    return {role: np.ascontiguousarray(values[None], np.float32) for role, values in named.items()}


def rf_detr_seg(view: View, description: ModelDescription) -> dict[str, np.ndarray]:
    """Return the outputs of the family `rf_detr_seg` by their role."""
    height, width = view.covered.shape[1:]
    boxes = _boxes(view, description, 1, _QUERIES)
    chances = np.full((_QUERIES, len(description.classes)), _WEAK / 2)
    chances[np.arange(_QUERIES), boxes.labels] = np.maximum(boxes.scores, _WEAK / 2)
    small = [
        cv2.resize(plane, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
        for plane in view.covered
    ]
    masks = logits(np.stack(small))[boxes.things]
    values = np.log(chances / (1 - chances)).astype(np.float32)
    return {"logits": values[None], "masks": masks[None]}


def rtmdet_ins(view: View, description: ModelDescription) -> dict[str, np.ndarray]:
    """Return the outputs of the family `rtmdet_ins` by their role."""
    boxes = _boxes(view, description, 1, _DETECTIONS)
    found = np.concatenate([boxes.edges, boxes.scores[:, None]], axis=1)
    return {
        "boxes": found.astype(np.float32)[None],
        "labels": boxes.labels.astype(np.int64)[None],
        "masks": view.covered[boxes.things][None],
    }


def _coefficients(boxes: _Boxes) -> np.ndarray:
    """Return (N, 32): the one prototype that shows each box's thing."""
    return np.eye(_COEFFICIENTS)[boxes.things]


def _anchors(boxes: _Boxes, description: ModelDescription) -> np.ndarray:
    """Return (4 + classes + 32, anchors): centre and size, a score for each class, coefficients."""
    scores = np.zeros((len(boxes.scores), len(description.classes)))
    scores[np.arange(len(scores)), boxes.labels] = boxes.scores
    low, high = boxes.edges[:, :2], boxes.edges[:, 2:]
    found = [(low + high) / 2, high - low, scores, _coefficients(boxes)]
    return np.concatenate(found, axis=1).T
