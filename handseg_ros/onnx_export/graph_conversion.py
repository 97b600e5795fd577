"""A network's graph made another: of another operator set, of one size, simpler."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import onnxruntime
from onnx import version_converter

from handseg_ros.segmentation.description import InputDescription
from handseg_ros.segmentation.errors import ModelError, root_cause
from handseg_ros.segmentation.geometry import Size

# What the graphs around a network need: before it there was no Range and no rounding.
MIN_OPSET = 11


def opset_of(network: onnx.ModelProto) -> int:
    """Return the version of ONNX's own operators that a network is made of."""
    return next(item.version for item in network.opset_import if item.domain in ("", "ai.onnx"))


def converted(network: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """Return a network in another version of ONNX's operators; raises ModelError."""
    newest = onnx.defs.onnx_opset_version()
    if not MIN_OPSET <= opset <= newest:
        raise ModelError(
            f"operator set {opset} cannot be written: give one from {MIN_OPSET} to {newest}"
        )
    if opset == opset_of(network):
        return network
    try:
        return version_converter.convert_version(network, opset)
    except Exception as error:  # the converter raises RuntimeError, and others for other operators
        # Before the last colon stands where in the converter's own source it happened.
        cause = root_cause(error).rpartition(": ")[2]
        raise ModelError(
            f"the network cannot be converted from operator set {opset_of(network)} to {opset} "
            f"({cause}): leave --opset out, or export the network itself with {opset}"
        ) from error


def input_shape(description: InputDescription, input_size: Size) -> tuple[int, ...]:
    """Return the shape of a network's input for an input size of (height, width)."""
    sizes = {"N": description.batch, "C": 3, "H": input_size[0], "W": input_size[1]}
    return tuple(sizes[axis] for axis in description.layout)


def at_size(
    network: onnx.ModelProto, description: InputDescription, input_size: Size
) -> onnx.ModelProto:
    """Return a network whose inputs have one size, (height, width), which its graph says."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(network)
    shape = input_shape(description, input_size)
    for image in (item for item in fixed.graph.input if item.name in description.names):
        for size, dimension in zip(shape, image.type.tensor_type.shape.dim, strict=True):
            dimension.dim_value = size
    # Sizes inside that were noted for a free input would be in the way of those that follow now.
    del fixed.graph.value_info[:]
    return fixed


def open_model(
    model: onnx.ModelProto, options: onnxruntime.SessionOptions | None = None
) -> onnxruntime.InferenceSession:
    """Load a model that is no file yet, for the CPU; raises ModelError."""
    options = options or onnxruntime.SessionOptions()
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)
    except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
        raise ModelError(
            f"ONNX Runtime {onnxruntime.__version__} cannot load the graph that was made of "
            f"operator set {opset_of(model)} ({root_cause(error)}): give an older --opset"
        ) from error


def simplified(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with less operators that gives the same.

    What depends on no input is computed, what has no effect left out, and normalisation put into
    convolutions: ONNX Runtime's "basic" optimisations, whose result is plain ONNX.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "simplified.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(file)
        open_model(network, options)
        simple = onnx.load(str(file))
    # Of the operator sets that ONNX Runtime names, those that are used.
    used = {node.domain for node in simple.graph.node} | {""}
    kept = [item for item in simple.opset_import if item.domain in used]
    del simple.opset_import[:]
    simple.opset_import.extend(kept)
    return simple
