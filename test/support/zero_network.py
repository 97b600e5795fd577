"""A network that finds nothing, of whatever inputs and outputs a description names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from handseg_ros.segmentation.description import ModelDescription

_KINDS = {
    "uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
}  # fmt: skip


def _shapes(told: ModelDescription) -> dict[str, tuple[int, ...]]:
    """Return the shape of each output, by its role, of a network that finds nothing."""
    height, width, classes = told.input.height, told.input.width, len(told.classes)
    if told.family == "mask_rcnn":
        cells = (height, width) if told.mask_covers == "image" else (28, 28)
        masks = (0, 1, *cells) if told.output_layout == "NCHW" else (0, *cells, classes)
        return {"boxes": (0, 4), "labels": (0,), "scores": (0,), "masks": masks}
    if told.family == "yolo_seg":
        prototypes = (1, 32, height // 4, width // 4)
        return {"predictions": (1, 4 + classes + 32, 100), "prototypes": prototypes}
    if told.family == "rf_detr_seg":
        return {"logits": (1, 20, classes), "masks": (1, 20, height // 4, width // 4)}
    if told.family == "rtmdet_ins":
        return {"boxes": (1, 20, 5), "labels": (1, 20), "masks": (1, 20, height, width)}
    if told.output_layout == "NHW":
        return {"logits": (told.input.batch, height, width)}
    channels = classes if told.stride is None else 5
    size = height // (told.stride or 1), width // (told.stride or 1)
    (role,) = told.outputs
    planar = (1, channels, *size)
    return {role: (1, *size, channels) if told.output_layout == "NHWC" else planar}


def write_zero_network(file: Path, told: ModelDescription) -> None:
    """Write a network of the described input and outputs, all of whose answers are 0."""
    sizes = {"N": told.input.batch, "C": 3, "H": told.input.height, "W": told.input.width}
    shape: list[int | str] = [sizes[axis] for axis in told.input.layout]
    if told.input.size == "free":
        shape = [f"axis_{axis}" for axis in told.input.layout]
    kind = _KINDS[told.input.dtype]
    nodes, zeros, outputs = [], [], []
    for role, answer in _shapes(told).items():
        name = told.outputs[role]
        zeros.append(helper.make_tensor(role + "_0", TensorProto.FLOAT, answer, np.zeros(answer)))
        nodes.append(helper.make_node("Identity", [role + "_0"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, answer))
    taken = [helper.make_tensor_value_info(name, kind, shape) for name in told.input.names]
    switches = told.input.constants
    taken += [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in switches]
    graph = helper.make_graph(nodes, "zeros", taken, outputs, zeros)
    opset = helper.make_opsetid("", 11)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=7), str(file))
