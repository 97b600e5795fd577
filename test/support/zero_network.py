"""A network that finds nothing, of whatever inputs and outputs a description names."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from support.scene_outputs import scene_outputs

from handseg_ros.segmentation.description import ModelDescription

_KINDS = {
    "uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
}  # fmt: skip


def _shapes(told: ModelDescription) -> dict[str, tuple[int, ...]]:
    """Return the shape of each output, by its role: those of what is seen of the painted scene."""
    outputs = scene_outputs(told, (told.input.height, told.input.width))
    return {role: value.shape for role, value in outputs.items()}


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
