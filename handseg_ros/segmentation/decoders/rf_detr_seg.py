"""Decoder of the `rf_detr_seg` family: class logits and a mask for each of some hundred queries.

The layout is that of RF-DETR-seg's ONNX exports (roboflow/rf-detr, Apache-2.0): `labels` are
logits (1, queries, classes), each class on its own through a sigmoid, and `masks` logits
(1, queries, rows, columns) at a quarter of the image, interpolated to its size and compared with 0
as the project's own post-processing does. Its boxes, `dets`, are not needed: masks go beyond them.
"""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detections import hand_classes, object_classes
from handseg_ros.segmentation.decoders.image_masks import ImageMasks
from handseg_ros.segmentation.description import OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances

LOGITS, MASKS = "logits", "masks"


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
    return found.find(transform, description, thresholds)


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


DECODER = Decoder(decode, outputs=(LOGITS, MASKS), optional_classes=(OBJECT,))
