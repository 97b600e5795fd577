"""A model with all around it folded into the graph: an image in, masks out, for any language."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap

import numpy as np
import onnx
import yaml
from onnx import compose, helper, numpy_helper

from handseg_ros.onnx_export.graph_builder import (
    DOUBLE,
    FLOAT,
    FLOAT16,
    INT64,
    UINT8,
    GraphBuilder,
    Value,
)
from handseg_ros.onnx_export.graph_conversion import input_shape, opset_of
from handseg_ros.onnx_export.graph_geometry import (
    RESIZE_TRANSFORMS,
    GraphAxis,
    GraphTransform,
    resize,
)
from handseg_ros.onnx_export.postprocessing import mask_scores
from handseg_ros.segmentation.decoders.decoder import MaskExport
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import (
    STANDALONE_KEY,
    ColourOrder,
    InputDescription,
    ModelDescription,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import Size

_KINDS = {"uint8": UINT8, "float32": FLOAT, "float16": FLOAT16}
_NETWORK = "network/"
PREPROCESSED, TRANSFORM = "prepared/", "prepared/placement"
# The numbers of a transform: five for each axis.
TRANSFORM_NUMBERS = 10
# What the graph's inputs are called, in the order of the network's.
IMAGES = ("image", "background")


def exported_families() -> tuple[str, ...]:
    """Return the families whose masks a graph alone can make."""
    return tuple(name for name, decoder in DECODERS.items() if decoder.export is not None)


@dataclass(frozen=True)
class Standalone:
    """What goes into a standalone graph: the network, its description and its input size.

    `colour` is the order that the graph's image will have; `input_size` is (height, width) in
    pixels.
    """

    network: onnx.ModelProto
    description: ModelDescription
    input_size: Size
    colour: ColourOrder

    @property
    def input_text(self) -> str:
        """What the images are, for people."""
        return f"uint8 (height, width, 3), {self.colour}, of any size"

    @property
    def kind(self) -> dict[str, str]:
        """Type and layout of the images."""
        return {"dtype": "uint8", "layout": "HWC"}

    @property
    def output_text(self) -> str:
        """What the masks are, for people."""
        return "uint8 (height, width), 0 or 255"

    def build(self) -> onnx.ModelProto:
        """Return the model: `image`, uint8 (height, width, 3), to `mask`, uint8 (height, width).

        `hand_object` models give `objects` beside it, `frame_background` ones take `background`
        beside the image. Raises ModelError for other families, and for images at their own size.
        """
        self._check_resize()
        description, opset = self.description, opset_of(self.network)
        reads = {f"read/{role}": _NETWORK + description.outputs[role] for role in self.roles}
        network = compose.add_prefix(_without_constants(self.network, description.input), _NETWORK)
        del network.metadata_props[:]
        version = network.ir_version
        preprocessed = compose.merge_models(
            self._preparation(opset).model(version), network,
            io_map=[(PREPROCESSED + name, _NETWORK + name) for name in description.input.names],
            outputs=[*reads.values(), TRANSFORM],
        )  # fmt: skip
        whole = compose.merge_models(
            preprocessed, self.reading(opset).model(version),
            io_map=[*((name, role) for role, name in reads.items()), (TRANSFORM, "read/placement")],
        )  # fmt: skip
        # Merging lists the same version of ONNX's operators once for each part.
        sets = {item.domain: item.version for item in whole.opset_import}
        del whole.opset_import[:]
        whole.opset_import.extend(starmap(helper.make_opsetid, sets.items()))
        self._label(whole)
        onnx.checker.check_model(whole)
        return whole

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the network's outputs that are read; raises ModelError as `build` does."""
        return (self._export().output,)

    def _export(self) -> MaskExport:
        """Return how the family's masks are made; raises ModelError where no graph makes them."""
        description = self.description
        decoder = DECODERS.get(description.family)
        if decoder is None or decoder.export is None:
            raise ModelError(
                f"model '{description.name}' is of the family '{description.family}', whose "
                f"decoder is no graph: export takes {', '.join(exported_families())}"
            )
        return decoder.export

    def _check_resize(self) -> None:
        description = self.description
        if description.input.resize not in RESIZE_TRANSFORMS:
            raise ModelError(
                f"model '{description.name}' takes images at their own size (resize: "
                f"{description.input.resize}), but export folds one of "
                f"{', '.join(RESIZE_TRANSFORMS)} into the "
                "graph: give the description another resize"
            )

    def _preparation(self, opset: int) -> GraphBuilder:
        """Return the graph from the images to the network's inputs and the frame's transform."""
        builder, description = GraphBuilder("prepare", opset), self.description.input
        images = [
            builder.input(name, UINT8, ["height", "width", 3])
            for name, _ in zip(IMAGES, description.names, strict=False)
        ]
        sizes = images[0].size(0), images[0].size(1)
        transform = RESIZE_TRANSFORMS[description.resize](builder, sizes, self.input_size)
        for image, name in zip(images, description.names, strict=True):
            self._preprocess(builder, image, transform, name)
        builder.output(
            TRANSFORM,
            builder.vector(*transform[0].values, *transform[1].values),
            DOUBLE,
            [TRANSFORM_NUMBERS],
        )
        return builder

    def _preprocess(
        self, builder: GraphBuilder, image: Value, transform: GraphTransform, name: str
    ) -> None:
        self._preprocess_planes(builder, resize(builder, image, transform), name)

    def _preprocess_planes(self, builder: GraphBuilder, planes: Value, name: str) -> None:
        """Make planes over the input image, float32 (3, height, width), an input of the network."""
        wanted = self.description.input
        order = (0, 1, 2) if wanted.colour == self.colour else (2, 1, 0)
        preprocessed = normalised(planes.gather(order, 0), self.description)
        if wanted.layout.endswith("HWC"):
            preprocessed = preprocessed.transpose(1, 2, 0)
        shape = input_shape(wanted, self.input_size)
        image = preprocessed.reshape(*(shape[1:] if wanted.layout.startswith("N") else shape))
        if wanted.layout.startswith("N"):
            one = image.reshape(1, *shape[1:])
            image = builder.add("Concat", *([one] * wanted.batch), axis=0)
        kind = _KINDS[wanted.dtype]
        builder.output(PREPROCESSED + name, image.cast(kind), kind, shape)

    def reading(self, opset: int) -> GraphBuilder:
        """Return the graph from the network's output to the masks."""
        builder, description, export = GraphBuilder("read", opset), self.description, self._export()
        values, transform = self._answer(builder)
        planes = _planes(values[export.output].cast(FLOAT), description)
        masks = mask_scores(builder, planes, transform, description, export)
        for name, scores in masks.items():
            mask = builder.add("Greater", scores, np.float32(0.0)).cast(FLOAT) * np.float32(255.0)
            self._mask(builder, name, mask, transform)
        return builder

    def _answer(self, builder: GraphBuilder) -> tuple[dict[str, Value], GraphTransform]:
        """Make the network's outputs inputs, by their roles, with the frame's transform."""
        values = {}
        for role in self.roles:
            output = _output(self.network, self.description.outputs[role])
            shape = [f"{role}_{axis}" for axis in range(len(output.shape.dim))]
            values[role] = builder.input(f"read/{role}", int(output.elem_type), shape)
        placement = builder.input("read/placement", DOUBLE, [TRANSFORM_NUMBERS])
        return values, self._axes(builder, placement)

    def _axes(self, builder: GraphBuilder, numbers: Value) -> GraphTransform:
        """Return the frame's transform from the numbers that tell it."""
        rows, columns = (
            GraphAxis(side, *(numbers.gather(first + n, 0) for n in range(TRANSFORM_NUMBERS // 2)))
            for side, first in zip(self.input_size, (0, TRANSFORM_NUMBERS // 2), strict=True)
        )
        return rows, columns

    def _mask(
        self, builder: GraphBuilder, name: str, mask: Value, transform: GraphTransform
    ) -> None:
        """Make a mask of the frame's seen part, float32 of 0 and 255, an output."""
        whole = _framed(builder, mask, transform).cast(UINT8)
        builder.output(name, whole, UINT8, ["height", "width"])

    def _label(self, model: onnx.ModelProto) -> None:
        """Write into the model what it is, what it came from, and what it takes and gives."""
        description = self.description
        masks = [output.name for output in model.graph.output]
        images = [item.name for item in model.graph.input]
        text = (
            f"{description.title}. Takes {' and '.join(images)}, {self.input_text}; "
            f"gives {', '.join(masks)}, {self.output_text}."
        )
        facts = {
            "format": 1,
            "inputs": images,
            "input": {**self.kind, "colour": self.colour},
            "outputs": masks,
            "canvas": {"height": self.input_size[0], "width": self.input_size[1]},
        }
        source = yaml.safe_load(description.to_yaml())
        known = yaml.safe_dump({**facts, "source": source}, sort_keys=False, allow_unicode=True)
        model.doc_string = text
        model.producer_name = "handseg_ros"
        helper.set_model_props(model, {STANDALONE_KEY: known, "licence": description.licence})


def _without_constants(network: onnx.ModelProto, description: InputDescription) -> onnx.ModelProto:
    """Return a network whose inputs that take no image have become constants."""
    changed = onnx.ModelProto()
    changed.CopyFrom(network)
    graph = changed.graph
    for item in [item for item in graph.input if item.name in description.constants]:
        dtype = helper.tensor_dtype_to_np_dtype(item.type.tensor_type.elem_type)
        shape = [max(1, axis.dim_value) for axis in item.type.tensor_type.shape.dim]
        numbers = np.asarray(description.constants[item.name]).astype(dtype)
        whole = numbers.reshape(shape) if numbers.ndim else np.full(shape, numbers)
        graph.initializer.append(numpy_helper.from_array(whole, item.name))
        graph.input.remove(item)
    return changed


def _planes(output: Value, description: ModelDescription) -> Value:
    """Return an output as planes, (channels, rows, columns), times `output_scale`."""
    layout = description.output_layout or "NCHW"
    planes = output.gather(0, 0) if layout.startswith("N") else output
    if "C" not in layout:
        planes = planes.reshape(1, planes.size(0), planes.size(1))
    elif layout.endswith("C"):
        planes = planes.transpose(2, 0, 1)
    return (
        planes
        if description.output_scale is None
        else planes * np.float32(description.output_scale)
    )


def _output(network: onnx.ModelProto, name: str) -> onnx.TypeProto.Tensor:
    """Return the type of an output: networks in half precision may answer in that."""
    output = next(item for item in network.graph.output if item.name == name)
    return output.type.tensor_type


def normalised(planes: Value, description: ModelDescription) -> Value:
    """Return (pixel * scale - mean) / std, or bytes where the network takes these."""
    scale, mean, std = description.input.scale, description.input.mean, description.input.std
    if scale is None or mean is None or std is None:
        return planes.cast(UINT8)
    spread = np.array(std)[:, None, None]
    factor, shift = scale / spread, np.array(mean)[:, None, None] / spread
    return planes * factor.astype(np.float32) - shift.astype(np.float32)


def _framed(builder: GraphBuilder, mask: Value, transform: GraphTransform) -> Value:
    """Return a mask of the seen part as one of the frame: what was not seen is no hand."""
    before = [axis.start for axis in transform]
    behind = [axis.whole - axis.start - axis.length for axis in transform]
    return builder.add("Pad", mask, builder.vector(*before, *behind).cast(INT64), np.float32(0.0))
