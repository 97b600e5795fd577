"""From a network's outputs to masks, as operators of a graph: what each family's decoder does.

But for what needs regions: scores, least areas, and one hand's pixels apart from another's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from handseg_ros.onnx_export.graph_builder import Sketch, Value
from handseg_ros.onnx_export.graph_geometry import Placed, sample
from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.description import OBJECT, ModelDescription

# A field is what a mask is where it is positive, float32 (rows, columns) of the frame's seen part.
Fields = dict[str, Value]
# The planes are float32 (channels, rows, columns) over the canvas.
Head = Callable[[Sketch, Value, Placed, ModelDescription], Fields]


def _hand(sketch: Sketch, planes: Value, placed: Placed, told: ModelDescription) -> Fields:
    return {"mask": _hand_field(sketch, planes, placed, told)}


def _hand_object(sketch: Sketch, planes: Value, placed: Placed, told: ModelDescription) -> Fields:
    things = _class_field(sketch, planes, OBJECT, placed, told)
    return {"mask": _hand_field(sketch, planes, placed, told), "objects": things}


def _bottom_up(sketch: Sketch, planes: Value, placed: Placed, told: ModelDescription) -> Fields:
    chosen = told.thresholds.mask
    logit = math.log(chosen / (1.0 - chosen))
    return {"mask": sample(sketch, planes.picked(0, 0), placed) - np.float32(logit)}


def _hand_field(sketch: Sketch, planes: Value, placed: Placed, told: ModelDescription) -> Value:
    """Interpolate the fields of all classes that are hands; a mask is where one of them is."""
    names = [name for name in told.classes if name in HAND_SIDES]
    fields = [_class_field(sketch, planes, name, placed, told) for name in names]
    return reduce(Value.at_least, fields)


def _class_field(
    sketch: Sketch, planes: Value, name: str, placed: Placed, told: ModelDescription
) -> Value:
    """Interpolate what `segmentation.decoders.score_maps` does of a class."""
    index = told.classes.index(name)
    if told.activation == "class_map":
        apart = sketch.add("Abs", planes.picked(0, 0) - np.float32(index))
        own = (-apart + np.float32(1.0)).at_least(np.float32(0.0))
        return sample(sketch, own, placed) - np.float32(0.5)
    own = planes.picked(index, 0)
    rivals = [planes.picked(place, 0) for place in range(len(told.classes)) if place != index]
    if told.activation == "argmax":
        leads = [sample(sketch, own - rival, placed) for rival in rivals]
        return reduce(Value.at_most, leads)
    if told.activation == "sigmoid":
        own = sketch.add("Sigmoid", own)
    if told.activation == "softmax":
        odds = [sketch.add("Exp", rival - own) for rival in rivals]
        own = sketch.add("Reciprocal", reduce(Value.__add__, odds) + np.float32(1.0))
    return sample(sketch, own, placed) - np.float32(told.thresholds.mask)


# The role of the output that is read, and what becomes of it.
HEADS: Mapping[str, tuple[str, Head]] = {
    "bottom_up": ("maps", _bottom_up),
    "semantic": ("logits", _hand),
    "hand_object": ("logits", _hand_object),
    "frame_background": ("logits", _hand),
}
