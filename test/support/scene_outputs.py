"""What a network of each family would give if it saw the painted scene, in its real shapes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from support.scene import FRAME, HANDS
from support.scene_detections import mask_rcnn, rf_detr_seg, rtmdet_ins, yolo_seg
from support.scene_view import View, logits

from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.description import OBJECT, ModelDescription
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, ResizeTransform, Size
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.samples import Sample
from handseg_ros.training.targets import make_targets

Outputs = dict[str, np.ndarray]


def scene_transform(description: ModelDescription, input_size: Size) -> ResizeTransform:
    """Return where the scene's frame lies on a network's input of (height, width)."""
    return RESIZE_TRANSFORMS[description.input.resize](FRAME, input_size)


def scene_outputs(description: ModelDescription, input_size: Size) -> Outputs:
    """Return a network's outputs, by their role, for the scene in an input of (height, width)."""
    view = View.of(scene_transform(description, input_size))
    return _FAMILIES[description.family](view, description)


def _classes(view: View, description: ModelDescription) -> Outputs:
    """Return a plane for each class at the input's size."""
    names = [name for name in description.classes if name in HAND_SIDES]
    shares = {
        name: view.covered[place : len(HANDS) : len(names)].max(axis=0)
        for place, name in enumerate(names)
    }
    if OBJECT in description.classes:
        shares[OBJECT] = view.covered[-1]
    rest = 1 - sum(shares.values())
    planes = np.stack([shares.get(name, rest) for name in description.classes])[None]
    if description.activation == "class_map":
        return {"logits": planes[0].argmax(axis=0).astype(np.int64)[None]}
    values = planes if description.activation == "none" else logits(planes)
    if description.output_layout == "NHWC":
        values = np.ascontiguousarray(values.transpose(0, 2, 3, 1))
    return {"logits": values}


def _maps(view: View, description: ModelDescription) -> Outputs:
    """Return the maps that the project's own networks learn to give."""
    ids = view.ids()
    sides = tuple((Side.LEFT, Side.RIGHT)[number % 2] for number in HANDS)
    wanted = make_targets(Sample(np.zeros((*ids.shape, 3), np.uint8), ids, sides))
    planes = logits(np.stack([wanted.mask, wanted.centre, wanted.side]))
    return {"maps": np.concatenate([planes[:2], wanted.offset, planes[2:]])[None]}


_FAMILIES: dict[str, Callable[[View, ModelDescription], Outputs]] = {
    "bottom_up": _maps,
    "semantic": _classes,
    "hand_object": _classes,
    "frame_background": _classes,
    "mask_rcnn": mask_rcnn,
    "yolo_seg": yolo_seg,
    "rf_detr_seg": rf_detr_seg,
    "rtmdet_ins": rtmdet_ins,
}
