"""The package's own network as other people's files are: a real one for tests of foreign files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from handseg_ros.segmentation.model_store import find_model

_ZERO_TO_ONE = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def disguise(
    file: Path,
    *,
    colour: str = "RGB",
    scale: float = 1 / 255,
    statistics: tuple[Sequence[float], Sequence[float]] = _ZERO_TO_ONE,
    weights: Sequence[float] = (1.0,),
    layout: str = "NCHW",
    activation: str = "",
    size: tuple[int | str, int | str] = ("height", "width"),
    model: str = "hands",
) -> Path:
    """Write a network that finds hands and describes nothing; returns its file.

    It takes float32 of `layout` in the order of `colour`, undoes (pixel * scale - mean) / std with
    mean and std of `statistics`, and answers with the logit of a hand times each of `weights`,
    one channel each, through an operator of the name `activation` if there is one.
    """
    own = onnx.load(str(find_model(model)))
    del own.metadata_props[:]
    before = _model(own, _input_graph(colour, scale, statistics, layout, size))
    fed = compose.merge_models(before, own, [("image_", "image")])
    after = _model(own, _output_graph(weights, layout, activation))
    onnx.save(compose.merge_models(fed, after, [("maps", "maps_")]), str(file))
    return file


def _model(like: onnx.ModelProto, graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(graph, opset_imports=like.opset_import, ir_version=like.ir_version)


def _input_graph(
    colour: str,
    scale: float,
    statistics: tuple[Sequence[float], Sequence[float]],
    layout: str,
    size: tuple[int | str, int | str],
) -> onnx.GraphProto:
    planar = layout == "NCHW"
    shape = (1, 3, *size) if planar else (1, *size, 3)
    spread = (1, 3, 1, 1) if planar else (1, 1, 1, 3)
    mean, std = (np.array(values, np.float32).reshape(spread) for values in statistics)
    order = [2, 1, 0] if colour == "BGR" else [0, 1, 2]
    constants = {
        "mean": mean, "std": std, "scale": np.float32(scale), "order": np.array(order),
        "least": np.float32(0), "most": np.float32(255),
    }  # fmt: skip
    nodes = [
        helper.make_node("Mul", ["input", "std"], ["spread"]),
        helper.make_node("Add", ["spread", "mean"], ["shifted"]),
        helper.make_node("Div", ["shifted", "scale"], ["values"]),
        helper.make_node("Round", ["values"], ["whole"]),
        helper.make_node("Clip", ["whole", "least", "most"], ["clipped"]),
        helper.make_node("Gather", ["clipped", "order"], ["ordered"], axis=1 if planar else 3),
        helper.make_node("Cast", ["ordered"], ["bytes"], to=TensorProto.UINT8),
        helper.make_node("Transpose", ["bytes"], ["image_"], perm=[0, 2, 3, 1])
        if planar
        else helper.make_node("Identity", ["bytes"], ["image_"]),
    ]
    return helper.make_graph(
        nodes,
        "before",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("image_", TensorProto.UINT8, [1, None, None, 3])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )


def _output_graph(weights: Sequence[float], layout: str, activation: str) -> onnx.GraphProto:
    planar = layout == "NCHW"
    constants = {
        "first": np.array([0]), "second": np.array([1]), "channels": np.array([1]),
        "weights": np.array(weights, np.float32).reshape(1, -1, 1, 1),
    }  # fmt: skip
    nodes = [
        helper.make_node("Slice", ["maps_", "first", "second", "channels"], ["logit"]),
        helper.make_node("Mul", ["logit", "weights"], ["logits"]),
        helper.make_node(
            "Transpose", ["logits"], ["ready"], perm=[0, 1, 2, 3] if planar else [0, 2, 3, 1]
        ),
        helper.make_node(activation, ["ready"], ["output"], axis=1 if planar else 3)
        if activation == "Softmax"
        else helper.make_node(activation or "Identity", ["ready"], ["output"]),
    ]
    symbols = [f"output_axis_{place}" for place in range(4)]
    return helper.make_graph(
        nodes,
        "after",
        [helper.make_tensor_value_info("maps_", TensorProto.FLOAT, [1, 5, None, None])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, symbols)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
