"""Decoder of the `rtmdet_ins` family: boxes with scores, labels, and a mask of the image for each.

The layout is that of MMDeploy's ONNX exports of RTMDet-Ins (open-mmlab/mmdeploy and mmdetection,
Apache-2.0): `dets` are (1, detections, 5), left, top, right, bottom and score, `labels` (1,
detections) counted from 0 without a background, and `masks` (1, detections, height, width)
probabilities at the size of the network's image, which no box cuts off.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detection import DecoderMatch, class_orders
from handseg_ros.segmentation.decoders.image_masks import ImageMasks
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
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

BOXES, LABELS, MASKS = "boxes", "labels", "masks"
_SCORE = 4


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, and its objects where the description names such.

    `outputs` are as the module's text says. Raises ValueError when they are no such, and
    ModelError for a label without a class.
    """
    boxes, labels, masks = (outputs[role] for role in (BOXES, LABELS, MASKS))
    count = boxes.shape[1] if boxes.ndim == 3 else 0
    input_size = transform.input_height, transform.input_width
    needed = {
        BOXES: (1, count, _SCORE + 1), LABELS: (1, count), MASKS: (1, count, *input_size),
    }  # fmt: skip
    for role, shape in needed.items():
        if outputs[role].shape != shape:
            raise ValueError(
                f"output '{description.outputs[role]}' has the shape {outputs[role].shape}, but "
                f"the {role} of {count} detections in an image of {input_size[1]}x{input_size[0]} "
                "need "
                f"{shape}"
            )
    scores = boxes[0, :, _SCORE].astype(np.float32)
    # A row without a detection has the score 0, which a threshold of 0 would let pass.
    scores = np.where(scores > 0, scores, np.float32(-1.0))
    indices = np.arange(count)
    found = ImageMasks(scores, labels[0].astype(np.int64), indices, masks[0], thresholds.mask)
    return found.find_instances(transform, description, thresholds)


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match boxes with scores (1, N, 5), labels (1, N) and masks of the whole image."""
    roles: dict[str, str] = {}
    for name, statistics in outputs.items():
        shape = statistics.shape
        if len(shape) == 3 and shape[2] == _SCORE + 1:
            roles[BOXES] = name
        elif len(shape) == 2 and statistics.is_whole:
            roles[LABELS] = name
        elif len(shape) == 4 and shape[2:] == (image.height, image.width):
            roles[MASKS] = name
    if set(roles) != {BOXES, LABELS, MASKS}:
        return None
    if len({outputs[name].shape[:2] for name in roles.values()}) != 1:
        return None
    classes = 1 + max(0, int(outputs[roles[LABELS]].highest))
    orders = class_orders(classes, 0)
    if classes == 2:
        orders = ((LEFT_HAND, RIGHT_HAND), *orders)
    reason = "it gives boxes with scores, labels, and a mask of the whole image for each"
    return DecoderMatch(
        "rtmdet_ins", reason, roles, orders, resize="letterbox", usual="imagenet", colour="BGR"
    )


DECODER = Decoder(decode, detect, outputs=(BOXES, LABELS, MASKS), optional_classes=(OBJECT,))
