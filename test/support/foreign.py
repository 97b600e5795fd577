"""Foreign models for tests: an ONNX file and its description as YAML beside it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import yaml
from onnx import TensorProto, helper

# Of a network in ImageNet's manner; a test changes what differs.
DESCRIPTION: dict[str, Any] = {
    "format": 1,
    "name": "foreign",
    "version": "1",
    "family": "semantic",
    "classes": ["background", "hand"],
    "input": {
        "name": "input",
        "layout": "NCHW",
        "dtype": "float32",
        "colour": "RGB",
        "width": 256,
        "height": 256,
        "multiple_of": 1,
        "resize": "stretch",
        "scale": 1 / 255,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
    },
    "outputs": {"logits": "output"},
    "output_layout": "NCHW",
    "activation": "softmax",
    "thresholds": {"score": 0.0, "mask": 0.5, "minimum_area": 0.0},
    "licence": "none: random weights",
}


def described(**changes: Any) -> dict[str, Any]:
    """Return the description with fields changed; those of `input` are changed one by one."""
    own = dict(changes)
    fields = {**DESCRIPTION["input"], **own.pop("input", {})}
    return {**DESCRIPTION, **own, "input": fields}


def write_description(model: Path, description: Mapping[str, Any]) -> None:
    """Write the description to where it is looked for: beside the model file."""
    text = yaml.safe_dump(dict(description), sort_keys=False)
    model.with_suffix(".yaml").write_text(text, encoding="utf-8")


def forget_output_shapes(model: Path) -> None:
    """Replace each size of every output by a symbol of its own, as many exporters leave them."""
    loaded = onnx.load(str(model))
    for number, output in enumerate(loaded.graph.output):
        for place, axis in enumerate(output.type.tensor_type.shape.dim):
            axis.dim_param = f"output_{number}_axis_{place}"
    onnx.save(loaded, str(model))


def write_graph(
    model: Path,
    *steps: tuple[str, Mapping[str, Any]],
    shape: tuple[int | str, ...] = (1, 3, "height", "width"),
    dtype: int = TensorProto.FLOAT,
    constants: Mapping[str, float] | None = None,
) -> None:
    """Write a small network: one-input operators after each other, from `input` to `output`.

    A step is an operator with its attributes; "second" among these names a constant that is its
    second input.
    """
    nodes, before = [], "input"
    for number, (operator, attributes) in enumerate(steps):
        after = "output" if number == len(steps) - 1 else f"step_{number}"
        rest = dict(attributes)
        second = rest.pop("second", None)
        inputs = [before] if second is None else [before, second]
        nodes.append(helper.make_node(operator, inputs, [after], **rest))
        before = after
    known = [
        helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        for name, value in (constants or {}).items()
    ]
    symbols = [f"output_axis_{place}" for place in range(4)]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", dtype, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, symbols)],
        known,
    )
    opset = helper.make_opsetid("", 11)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=7), str(model))


def bright_breaks(model: Path) -> Path:
    """Write a network that gives NaN for bright images, and finds one hand in all of dark ones."""
    # The square root of 0.5 - x; the hand's channel wins in the dark, as x is smallest there.
    add = ("Add", {"second": "half"})
    write_graph(model, ("Neg", {}), add, ("Sqrt", {}), constants={"half": 0.5})
    own = {"mean": [0.0, 0.3, 0.0], "std": [1.0, 1.0, 1.0]}
    write_description(model, described(classes=["a", "hand", "b"], activation="argmax", input=own))
    return model


def greener(model: Path) -> Path:
    """Write a network of two inputs: hands are where a frame is greener than its background."""
    axes = (1, 3, "height", "width")
    symbols = [f"output_axis_{place}" for place in range(4)]
    graph = helper.make_graph(
        [helper.make_node("Sub", ["input", "background"], ["output"])],
        "greener",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, axes)
            for name in ("input", "background")
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, symbols)],
    )
    opset = helper.make_opsetid("", 11)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=7), str(model))
    write_description(model, GREENER)
    return model


# Each pixel's differences are its logits.
GREENER = described(
    name="greener",
    family="frame_background",
    classes=["red", "hand", "blue"],
    activation="argmax",
    input={"background": "background", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
)


def bright(path: Path) -> Path:
    """Write a network of no weights that takes what is bright for hand, in no time."""
    write_graph(path, ("Identity", {}))
    own = {"width": 16, "height": 16, "mean": [0.0, 0.5, 0.0], "std": [1.0, 0.1, 1.0]}
    write_description(path, described(classes=["a", "hand", "b"], activation="argmax", input=own))
    return path
