"""Decoder of the `rtmdet_ins` family: boxes with scores, labels, and a mask of the image for each.

The layout is that of MMDeploy's ONNX exports of RTMDet-Ins (open-mmlab/mmdeploy and mmdetection,
Apache-2.0): `dets` are (1, detections, 5), left, top, right, bottom and score, `labels` (1,
detections) counted from 0 without a background, and `masks` (1, detections, height, width)
probabilities at the size of the network's image, which no box cuts off.
"""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Family
from handseg_ros.segmentation.decoders.image_masks import ImageMasks
from handseg_ros.segmentation.description import OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import Placement
from handseg_ros.segmentation.hands import Found

BOXES, LABELS, MASKS = "boxes", "labels", "masks"
_SCORE = 4


def decode(
    outputs: dict[str, np.ndarray],
    placement: Placement,
    description: ModelDescription,
    thresholds: Thresholds,
) -> Found:
    """Return the hands of one frame, and its objects where the description names such.

    `outputs` are as the module's text tells. Raises ValueError when they are no such, and
    ModelError for a label without a class.
    """
    boxes, labels, masks = (outputs[role] for role in (BOXES, LABELS, MASKS))
    count = boxes.shape[1] if boxes.ndim == 3 else 0
    canvas = placement.canvas_height, placement.canvas_width
    needed = {
        BOXES: (1, count, _SCORE + 1), LABELS: (1, count), MASKS: (1, count, *canvas),
    }  # fmt: skip
    for role, shape in needed.items():
        if outputs[role].shape != shape:
            raise ValueError(
                f"output '{description.outputs[role]}' has the shape {outputs[role].shape}, but "
                f"the {role} of {count} detections in an image of {canvas[1]}x{canvas[0]} need "
                f"{shape}"
            )
    scores = boxes[0, :, _SCORE].astype(np.float32)
    # A row without a detection has the score 0, which a threshold of 0 would let pass.
    scores = np.where(scores > 0, scores, np.float32(-1.0))
    places = np.arange(count)
    found = ImageMasks(scores, labels[0].astype(np.int64), places, masks[0], thresholds.mask)
    return found.find(placement, description, thresholds)


FAMILY = Family(decode, outputs=(BOXES, LABELS, MASKS), more_classes=(OBJECT,))
