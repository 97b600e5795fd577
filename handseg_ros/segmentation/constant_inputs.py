"""Inputs of a network that take no image but always the same numbers: a switch, a size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from handseg_ros.segmentation.description import Constant
from handseg_ros.segmentation.errors import ModelError

# ONNX Runtime's names of the types that a number can be given as.
DTYPES = {
    "tensor(bool)": "bool", "tensor(float)": "float32", "tensor(float16)": "float16",
    "tensor(double)": "float64", "tensor(int8)": "int8", "tensor(uint8)": "uint8",
    "tensor(int16)": "int16", "tensor(int32)": "int32", "tensor(int64)": "int64",
}  # fmt: skip


def constant_inputs(
    path: Path, inputs: Sequence[onnxruntime.NodeArg], constants: Mapping[str, Constant]
) -> dict[str, np.ndarray]:
    """Return what each of these inputs gets, in its type and shape, by its name.

    Of an axis of any size there is 1. Raises ModelError where the numbers do not fit.
    """
    return {
        graph.name: _values(path, graph, constants[graph.name])
        for graph in inputs
        if graph.name in constants
    }


def _values(path: Path, graph: onnxruntime.NodeArg, value: Constant) -> np.ndarray:
    shape = tuple(axis if isinstance(axis, int) else 1 for axis in graph.shape)
    if graph.type not in DTYPES:
        raise ModelError(
            f"model file {path} takes a {graph.type} as '{graph.name}', which no number can be: "
            "export the network without this input"
        )
    numbers = np.asarray(value)
    if numbers.ndim and numbers.size != int(np.prod(shape)):
        raise ModelError(
            f"model file {path} takes the shape {tuple(graph.shape)} as '{graph.name}', but "
            f"input.constants gives it {numbers.size} numbers: give one for all, or "
            f"{int(np.prod(shape))}"
        )
    whole = numbers.astype(DTYPES[graph.type])
    return np.full(shape, whole) if not whole.ndim else whole.reshape(shape)
