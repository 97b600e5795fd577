"""Whether a network's graph is what its description says: names, types, shapes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from handseg_ros.segmentation.description import Dtype, InputDescription, ModelDescription
from handseg_ros.segmentation.errors import ModelError

_CHANNELS = 3
# What ONNX Runtime calls the types of an input.
ONNX_TYPES: dict[Dtype, str] = {
    "uint8": "tensor(uint8)", "float32": "tensor(float)", "float16": "tensor(float16)",
}  # fmt: skip


@dataclass(frozen=True)
class _Mismatch:
    """One thing on which graph and description differ: what each of them says."""

    graph: str
    description: str


def check_graph(
    path: Path, session: onnxruntime.InferenceSession, description: ModelDescription
) -> None:
    """Raise ModelError when the loaded graph cannot be fed or read as described."""
    inputs = {value.name: value for value in session.get_inputs()}
    outputs = [value.name for value in session.get_outputs()]
    wanted = description.input
    mismatch = _check_names(list(inputs), outputs, description)
    for name in wanted.names:
        if mismatch is None:
            graph = inputs[name]
            mismatch = _check_type(graph, wanted) or _check_shape(graph, wanted)
    if mismatch is not None:
        raise ModelError(
            f"model file {path} {mismatch.graph}, but its description says "
            f"{mismatch.description}: correct the description"
        )


def _check_names(
    inputs: list[str], outputs: list[str], description: ModelDescription
) -> _Mismatch | None:
    wanted = (*description.input.names, *description.input.constants)
    if sorted(inputs) != sorted(wanted):
        is_one = f"that {_listed(wanted)} is its one"
        return _Mismatch(
            f"takes the inputs {_listed(inputs)}",
            is_one if len(wanted) == 1 else f"they are {_listed(wanted)}",
        )
    missing = [name for name in description.outputs.values() if name not in outputs]
    if missing:
        return _Mismatch(f"gives the outputs {_listed(outputs)}", f"it gives {_listed(missing)}")
    return None


def _check_type(graph: onnxruntime.NodeArg, wanted: InputDescription) -> _Mismatch | None:
    if graph.type == ONNX_TYPES[wanted.dtype]:
        return None
    return _Mismatch(f"takes a {graph.type} as '{graph.name}'", f"dtype: {wanted.dtype}")


def _check_shape(graph: onnxruntime.NodeArg, wanted: InputDescription) -> _Mismatch | None:
    """Compare with the graph's shape, in which a text or None stands for any size."""
    shape: Sequence[int | str | None] = graph.shape
    takes = f"takes the shape {tuple(shape)} as '{graph.name}'"
    if len(shape) != len(wanted.layout):
        return _Mismatch(takes, f"layout: {wanted.layout}, which has {len(wanted.layout)} axes")
    sizes = dict(zip(wanted.layout, shape, strict=True))
    is_fixed = any(isinstance(sizes[axis], int) for axis in "HW")
    if wanted.resize == "none" and is_fixed:
        return _Mismatch(takes, "resize: none, which gives it images of any size")
    batch = sizes.get("N")
    if isinstance(batch, int) and batch != wanted.batch:
        return _Mismatch(takes, f"batch: {wanted.batch}")
    expected = {"N": wanted.batch, "C": _CHANNELS, "H": wanted.height, "W": wanted.width}
    for axis, size in sizes.items():
        if isinstance(size, int) and size != expected[axis]:
            return _Mismatch(takes, f"{axis} of {wanted.layout} is {expected[axis]}")
    if wanted.size == "free" and is_fixed:
        return _Mismatch(takes, "that its size is free, instead of 'size: fixed'")
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
