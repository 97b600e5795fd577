"""Decoder of the `rf_detr_seg` family: class logits and a mask for each of some hundred queries.

The layout is that of RF-DETR-seg's ONNX exports (roboflow/rf-detr, Apache-2.0): `labels` are
logits (1, queries, classes), each class on its own through a sigmoid, and `masks` logits
(1, queries, rows, columns) at a quarter of the image, interpolated to its size and compared with 0
as the project's own post-processing does. Its boxes, `dets`, are not needed: masks go beyond them.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detection import DecoderMatch, class_orders
from handseg_ros.segmentation.decoders.detections import hand_classes, object_classes
from handseg_ros.segmentation.decoders.image_masks import ImageMasks
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs, OutputStatistics
from handseg_ros.segmentation.description import (
    LEFT_HAND,
    OBJECT,
    RIGHT_HAND,
    InputDescription,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances

LOGITS, MASKS = "logits", "masks"

_EDGES = 4
# Boxes as shares of the image may reach a little beyond it.
_BEYOND = 0.2


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, and its objects where the description names such.

    `outputs["logits"]` is (1, queries, classes), `outputs["masks"]` (1, queries, rows, columns).
    Raises ValueError when they are no such.
    """
    logits, masks = _checked(outputs, description)
    wanted = sorted(hand_classes(description) | object_classes(description))
    own = logits[:, wanted].astype(np.float64)
    scores = (1.0 / (1.0 + np.exp(-np.clip(own, -80.0, 80.0)))).astype(np.float32)
    queries, indices = np.indices(scores.shape)
    limit = float(np.log(thresholds.mask / (1.0 - thresholds.mask)))
    found = ImageMasks(
        scores.ravel(), np.array(wanted)[indices.ravel()], queries.ravel(), masks, limit
    )
    return found.find_instances(transform, description, thresholds)


def _checked(
    outputs: dict[str, np.ndarray], description: ModelDescription
) -> tuple[np.ndarray, np.ndarray]:
    logits, masks = outputs[LOGITS], outputs[MASKS]
    count = len(description.classes)
    if logits.ndim != 3 or logits.shape[0] != 1 or logits.shape[2] != count:
        raise ValueError(
            f"output '{description.outputs[LOGITS]}' has the shape {logits.shape}, but the "
            f"{count} classes {', '.join(description.classes)} need (1, queries, {count}): name "
            "every class, in the network's order"
        )
    if masks.ndim != 4 or masks.shape[:2] != logits.shape[:2]:
        raise ValueError(
            f"output '{description.outputs[MASKS]}' has the shape {masks.shape}, but the masks of "
            f"{logits.shape[1]} queries need (1, {logits.shape[1]}, rows, columns)"
        )
    return logits[0], masks[0]


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match boxes (1, N, 4), logits (1, N, classes) and masks (1, N, rows, columns)."""
    masks = [name for name, statistics in outputs.items() if len(statistics.shape) == 4]
    if len(outputs) != 3 or len(masks) != 1:
        return None
    count = outputs[masks[0]].shape[1]
    lists = [name for name, statistics in outputs.items() if _is_list(statistics, count)]
    boxes = [name for name in lists if _are_shares(outputs[name])]
    if len(lists) != 2 or not boxes:
        return None
    # Four classes look like boxes, whose name then tells.
    box = next((name for name in boxes if "box" in name.lower() or "det" in name.lower()), boxes[0])
    (logits,) = (name for name in lists if name != box)
    classes = outputs[logits].shape[2]
    orders = class_orders(classes, 0)
    if classes == 3:
        orders = (*orders, ("class_0", LEFT_HAND, RIGHT_HAND), (LEFT_HAND, RIGHT_HAND, "class_2"))
    reason = f"'{box}', '{logits}' and '{masks[0]}' are boxes, classes and masks of {count} queries"
    roles = {LOGITS: logits, MASKS: masks[0]}
    return DecoderMatch("rf_detr_seg", reason, roles, orders, usual="imagenet")


def _is_list(statistics: OutputStatistics, count: int) -> bool:
    return len(statistics.shape) == 3 and statistics.shape[:2] == (1, count)


def _are_shares(statistics: OutputStatistics) -> bool:
    in_image = statistics.lowest >= -_BEYOND and statistics.highest <= 1 + _BEYOND
    return statistics.shape[2] == _EDGES and in_image


DECODER = Decoder(decode, detect, outputs=(LOGITS, MASKS), optional_classes=(OBJECT,))
