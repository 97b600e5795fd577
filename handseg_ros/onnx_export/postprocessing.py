"""From a network's outputs to masks, as operators of a graph: what a decoder's `MaskExport` says.

But for what needs regions: scores, least areas, and one hand's pixels apart from another's.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Collection
from functools import reduce

import numpy as np

from handseg_ros.onnx_export.graph_builder import GraphBuilder, Value
from handseg_ros.onnx_export.graph_geometry import GraphTransform, sample
from handseg_ros.segmentation.decoders.decoder import MaskExport
from handseg_ros.segmentation.description import ModelDescription

# By the masks' names: a pixel is in a mask where its score is positive, float32 (rows, columns) of
# the frame's seen part.
ScoreMaps = dict[str, Value]


def mask_scores(
    builder: GraphBuilder,
    planes: Value,
    transform: GraphTransform,
    description: ModelDescription,
    export: MaskExport,
) -> ScoreMaps:
    """Add the operators that make masks of an output, float32 (channels, rows, columns)."""
    if export.logit_channel is not None:
        chosen = description.thresholds.mask
        logits = sample(builder, planes.gather(export.logit_channel, 0), transform)
        scores = logits - np.float32(math.log(chosen / (1.0 - chosen)))
        return dict.fromkeys(export.masks, scores)
    return {
        mask: _union_scores(builder, planes, transform, description, names)
        for mask, names in export.masks.items()
    }


def _union_scores(
    builder: GraphBuilder,
    planes: Value,
    transform: GraphTransform,
    description: ModelDescription,
    classes: Collection[str],
) -> Value:
    """Interpolate the scores of classes, of those that there are: a pixel needs one of them."""
    scores = [
        _class_scores(builder, planes, name, transform, description)
        for name in description.classes
        if name in classes
    ]
    return reduce(Value.maximum, scores)


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
        apart = builder.add("Abs", planes.gather(0, 0) - np.float32(index))
        own = (-apart + np.float32(1.0)).maximum(np.float32(0.0))
        return sample(builder, own, transform) - np.float32(0.5)
    own = planes.gather(index, 0)
    other_logits = [
        planes.gather(other_index, 0)
        for other_index in range(len(description.classes))
        if other_index != index
    ]
    if description.activation == "argmax":
        leads = [sample(builder, own - other, transform) for other in other_logits]
        return reduce(Value.minimum, leads)
    if description.activation == "sigmoid":
        own = builder.add("Sigmoid", own)
    if description.activation == "softmax":
        odds = [builder.add("Exp", other - own) for other in other_logits]
        own = builder.add("Reciprocal", reduce(Value.__add__, odds) + np.float32(1.0))
    return sample(builder, own, transform) - np.float32(description.thresholds.mask)
