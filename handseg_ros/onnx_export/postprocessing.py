"""From a network's outputs to masks, as operators of a graph: what each family's decoder does.

But for what needs regions: scores, least areas, and one hand's pixels apart from another's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from handseg_ros.onnx_export.graph_builder import GraphBuilder, Value
from handseg_ros.onnx_export.graph_geometry import GraphTransform, sample
from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.description import OBJECT, ModelDescription

# A field is what a mask is where it is positive, float32 (rows, columns) of the frame's seen part.
ScoreMaps = dict[str, Value]
# The planes are float32 (channels, rows, columns) over the input image.
Postprocess = Callable[[GraphBuilder, Value, GraphTransform, ModelDescription], ScoreMaps]


def _hand(
    builder: GraphBuilder, planes: Value, transform: GraphTransform, description: ModelDescription
) -> ScoreMaps:
    return {"mask": _hand_scores(builder, planes, transform, description)}


def _hand_object(
    builder: GraphBuilder, planes: Value, transform: GraphTransform, description: ModelDescription
) -> ScoreMaps:
    things = _class_scores(builder, planes, OBJECT, transform, description)
    return {"mask": _hand_scores(builder, planes, transform, description), "objects": things}


def _bottom_up(
    builder: GraphBuilder, planes: Value, transform: GraphTransform, description: ModelDescription
) -> ScoreMaps:
    chosen = description.thresholds.mask
    logit = math.log(chosen / (1.0 - chosen))
    return {"mask": sample(builder, planes.picked(0, 0), transform) - np.float32(logit)}


def _hand_scores(
    builder: GraphBuilder, planes: Value, transform: GraphTransform, description: ModelDescription
) -> Value:
    """Interpolate the fields of all classes that are hands; a mask is where one of them is."""
    names = [name for name in description.classes if name in HAND_SIDES]
    score_maps = [_class_scores(builder, planes, name, transform, description) for name in names]
    return reduce(Value.at_least, score_maps)


def _class_scores(
    builder: GraphBuilder,
    planes: Value,
    name: str,
    transform: GraphTransform,
    description: ModelDescription,
) -> Value:
    """Interpolate what `segmentation.decoders.score_maps` does of a class."""
    index = description.classes.index(name)
    if description.activation == "class_map":
        apart = builder.add("Abs", planes.picked(0, 0) - np.float32(index))
        own = (-apart + np.float32(1.0)).at_least(np.float32(0.0))
        return sample(builder, own, transform) - np.float32(0.5)
    own = planes.picked(index, 0)
    other_logits = [
        planes.picked(other_index, 0)
        for other_index in range(len(description.classes))
        if other_index != index
    ]
    if description.activation == "argmax":
        leads = [sample(builder, own - other, transform) for other in other_logits]
        return reduce(Value.at_most, leads)
    if description.activation == "sigmoid":
        own = builder.add("Sigmoid", own)
    if description.activation == "softmax":
        odds = [builder.add("Exp", other - own) for other in other_logits]
        own = builder.add("Reciprocal", reduce(Value.__add__, odds) + np.float32(1.0))
    return sample(builder, own, transform) - np.float32(description.thresholds.mask)


# The role of the output that is read, and what becomes of it.
POSTPROCESSING: Mapping[str, tuple[str, Postprocess]] = {
    "bottom_up": ("maps", _bottom_up),
    "semantic": ("logits", _hand),
    "hand_object": ("logits", _hand_object),
    "frame_background": ("logits", _hand),
}
