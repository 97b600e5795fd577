"""From a checkpoint to the model file: one ONNX with float16 weights and its own description."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from handseg_ros.segmentation.description import METADATA_KEY, ModelDescription
from handseg_ros.training.network import HandNetwork, same_padding

OPSET = 17
# What onnxruntime 1.17 reads.
IR_VERSION = 8
# Smaller tensors are kept exact: they weigh nothing.
_SMALLEST_HALVED = 64


def export_model(network: HandNetwork, description: ModelDescription, file: Path) -> None:
    """Write the network and its description to an ONNX file, with weights of half precision.

    Input and output are those of the `bottom_up` family; height and width stay free.
    """
    model = trace(network, description, file)
    _halve_weights(model.graph)
    save_described(model, description, file)


def trace(network: HandNetwork, description: ModelDescription, file: Path) -> onnx.ModelProto:
    """Return the graph of a network that may be of any precision; `file` is written on the way."""
    shape = description.input.height, description.input.width
    example = torch.zeros((1, *shape, 3), dtype=torch.uint8)
    name, output = description.input.name, description.outputs["maps"]
    file.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The tracing exporter folds normalisations into convolutions; it warns that it is old and
        # that the sizes of paddings stay in the graph, which are merged below.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (example,), str(file), dynamo=False, opset_version=OPSET,
            input_names=[name], output_names=[output],
            dynamic_axes={
                name: {1: "height", 2: "width"}, output: {2: "rows", 3: "columns"},
            },
        )  # fmt: skip
    model = onnx.load(str(file))
    _merge_padding(model.graph)
    return model


def save_described(model: onnx.ModelProto, description: ModelDescription, file: Path) -> None:
    """Write a graph with its description."""
    model.ir_version = IR_VERSION
    helper.set_model_props(model, {METADATA_KEY: description.to_yaml()})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def rewrite_description(file: Path, description: ModelDescription) -> None:
    """Give a model file another description; its weights stay as they are."""
    model = onnx.load(str(file))
    helper.set_model_props(model, {METADATA_KEY: description.to_yaml()})
    onnx.save(model, str(file))


def _merge_padding(graph: onnx.GraphProto) -> None:
    """Let each convolution pad by itself what a Pad node before it adds.

    Only `SameConv` makes Pad nodes, so its rule tells the amounts.
    """
    pads = {node.output[0]: node for node in graph.node if node.op_type == "Pad"}
    for node in graph.node:
        pad = pads.get(node.input[0]) if node.op_type == "Conv" else None
        if pad is None:
            continue
        sizes = {item.name: list(item.ints) for item in node.attribute}
        before, after = same_padding(sizes["kernel_shape"][0], sizes["strides"][0])
        for attribute in list(node.attribute):
            if attribute.name == "pads":
                node.attribute.remove(attribute)
        node.attribute.append(helper.make_attribute("pads", [before, before, after, after]))
        node.input[0] = pad.input[0]
    remove_unused(graph)


def remove_unused(graph: onnx.GraphProto) -> None:
    """Drop nodes whose results nobody reads."""
    outputs = {item.name for item in graph.output}
    # Nodes are in the order of their execution: readers come after what they read.
    for node in reversed(list(graph.node)):
        read = outputs | {name for other in graph.node for name in other.input}
        if not read & set(node.output):
            graph.node.remove(node)


def _halve_weights(graph: onnx.GraphProto) -> None:
    """Store large weights as float16; a Cast makes them float32 again when the file is loaded."""
    casts = []
    for item in graph.initializer:
        value = numpy_helper.to_array(item)
        if value.dtype != np.float32 or value.size < _SMALLEST_HALVED:
            continue
        name = item.name
        item.CopyFrom(numpy_helper.from_array(value.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
