"""The ONNX file of a network with 8-bit weights and maps, in ONNX's QDQ form.

Each rounded tensor goes through a pair QuantizeLinear, DequantizeLinear; ONNX Runtime makes an
integer operator of a layer between such pairs ("Quantize ONNX Models", its documentation).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.training.export import remove_unused, save_described, trace
from handseg_ros.training.network import HandNetwork

Nodes = Mapping[str, onnx.NodeProto]
_INT32 = np.iinfo(np.int32)


def export_int8(network: HandNetwork, description: ModelDescription, file: Path) -> None:
    """Write a network that `quantise` has changed, and its description, to an ONNX file.

    Input and output are those of `export_model`.
    """
    model = trace(network, description, file)
    graph = model.graph
    _keep_constants_as_initializers(graph)
    _dequantise_pixels(graph)
    _round_weights(graph)
    _round_biases(graph)
    _quantise_doubled_maps(graph)
    remove_unused(graph)
    _drop_unread_values(graph)
    save_described(model, description, file)


def _keep_constants_as_initializers(graph: onnx.GraphProto) -> None:
    for node in list(graph.node):
        if node.op_type == "Constant":
            value = numpy_helper.to_array(node.attribute[0].t)
            graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
            graph.node.remove(node)


def _dequantise_pixels(graph: onnx.GraphProto) -> None:
    """Let one DequantizeLinear do what casts and normalises the pixels: (x - 127) / 128 is one."""
    makers, values = _makers(graph), _values(graph)
    divide = next(node for node in graph.node if node.op_type == "Div")
    subtract = makers[divide.input[0]]
    cast = makers[subtract.input[0]]
    scale = np.asarray(1.0 / values[divide.input[1]], np.float32)
    zero = np.asarray(values[subtract.input[1]], np.uint8)
    names = _add_values(graph, "pixels", scale=scale, zero=zero)
    dequantise = helper.make_node("DequantizeLinear", [cast.input[0], *names], divide.output)
    _replace(graph, divide, dequantise)


def _round_weights(graph: onnx.GraphProto) -> None:
    """Keep weights as the integers that their QuantizeLinear makes of them."""
    values = _values(graph)
    for node in list(graph.node):
        if node.op_type == "QuantizeLinear" and node.input[0] in values:
            weight, scale, zero = (values[name] for name in node.input)
            steps = np.rint(weight / scale.reshape(-1, *[1] * (weight.ndim - 1)))
            limits = np.iinfo(zero.dtype)
            rounded = np.clip(steps, limits.min, limits.max).astype(zero.dtype)
            graph.initializer.append(numpy_helper.from_array(rounded, node.output[0]))
            graph.node.remove(node)


def _round_biases(graph: onnx.GraphProto) -> None:
    """Keep biases as int32 in the scale of the products that they are added to."""
    makers, values = _makers(graph), _values(graph)
    for node in [node for node in graph.node if node.op_type == "Conv" and len(node.input) == 3]:
        maps, weights = makers[node.input[0]], makers[node.input[1]]
        name = node.input[2]
        scale = (values[maps.input[1]] * values[weights.input[1]]).astype(np.float32)
        steps = np.rint(values[name].astype(np.float64) / scale)
        rounded = np.clip(steps, _INT32.min, _INT32.max).astype(np.int32)
        zero = np.zeros(len(rounded), np.int32)
        names = _add_values(graph, name, rounded=rounded, scale=scale, zero=zero)
        node.input[2] = f"{name}.dequantised"
        dequantise = helper.make_node("DequantizeLinear", names, [node.input[2]], axis=0)
        _insert_before(graph, node, dequantise)


def _quantise_doubled_maps(graph: onnx.GraphProto) -> None:
    """Put a pair with the input's scale behind each resize that only repeats values."""
    makers = _makers(graph)
    for node in [node for node in graph.node if node.op_type == "Resize"]:
        before = makers[node.input[0]]
        if before.op_type != "DequantizeLinear":
            continue
        result, scale = node.output[0], before.input[1:]
        node.output[0] = f"{result}.float"
        quantise = helper.make_node(
            "QuantizeLinear", [node.output[0], *scale], [f"{result}.quantised"]
        )
        dequantise = helper.make_node("DequantizeLinear", [quantise.output[0], *scale], [result])
        index = list(graph.node).index(node)
        graph.node.insert(index + 1, quantise)
        graph.node.insert(index + 2, dequantise)


def _makers(graph: onnx.GraphProto) -> Nodes:
    return {name: node for node in graph.node for name in node.output}


def _values(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    return {item.name: numpy_helper.to_array(item) for item in graph.initializer}


def _add_values(graph: onnx.GraphProto, name: str, **values: np.ndarray) -> list[str]:
    """Add initializers called after their keys and return their names."""
    for key, value in values.items():
        graph.initializer.append(numpy_helper.from_array(value, f"{name}.{key}"))
    return [f"{name}.{key}" for key in values]


def _insert_before(graph: onnx.GraphProto, node: onnx.NodeProto, new: onnx.NodeProto) -> None:
    graph.node.insert(list(graph.node).index(node), new)


def _replace(graph: onnx.GraphProto, node: onnx.NodeProto, new: onnx.NodeProto) -> None:
    _insert_before(graph, node, new)
    graph.node.remove(node)


def _drop_unread_values(graph: onnx.GraphProto) -> None:
    read = {name for node in graph.node for name in node.input}
    for item in [item for item in graph.initializer if item.name not in read]:
        graph.initializer.remove(item)
