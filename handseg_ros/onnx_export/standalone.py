"""A model with all around it folded into the graph: an image in, masks out, for any language."""

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
    Sketch,
    Value,
)
from handseg_ros.onnx_export.graph_conversion import input_shape, opset_of
from handseg_ros.onnx_export.graph_geometry import PLACEMENTS, GraphAxis, Placed, place
from handseg_ros.onnx_export.postprocessing import HEADS
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
FED, PLACED = "prepared/", "prepared/placement"
# That tell a placement: five for each axis.
NUMBERS = 10
# What the graph's inputs are called, in the order of the network's.
IMAGES = ("image", "background")


@dataclass(frozen=True)
class Standalone:
    """What goes into a standalone graph: the network, its description and its canvas.

    `colour` is the order that the graph's image will have; `canvas` is (height, width) in pixels.
    """

    network: onnx.ModelProto
    description: ModelDescription
    canvas: Size
    colour: ColourOrder

    @property
    def takes(self) -> str:
        """What the images are, for people."""
        return f"uint8 (height, width, 3), {self.colour}, of any size"

    @property
    def kind(self) -> dict[str, str]:
        """Type and layout of the images."""
        return {"dtype": "uint8", "layout": "HWC"}

    @property
    def gives(self) -> str:
        """What the masks are, for people."""
        return "uint8 (height, width), 0 or 255"

    def build(self) -> onnx.ModelProto:
        """Return the model: `image`, uint8 (height, width, 3), to `mask`, uint8 (height, width).

        `hand_object` models give `objects` beside it, `frame_background` ones take `background`
        beside the image. Raises ModelError for other families, and for images at their own size.
        """
        self._check()
        told, opset = self.description, opset_of(self.network)
        role, _ = HEADS[told.family]
        read = _NETWORK + told.outputs[role]
        network = compose.add_prefix(_without_constants(self.network, told.input), _NETWORK)
        del network.metadata_props[:]
        version = network.ir_version
        fed = compose.merge_models(
            self._preparation(opset).model(version), network,
            io_map=[(FED + name, _NETWORK + name) for name in told.input.names],
            outputs=[read, PLACED],
        )  # fmt: skip
        whole = compose.merge_models(
            fed, self._reading(opset).model(version),
            io_map=[(read, "read/answer"), (PLACED, "read/placement")],
        )  # fmt: skip
        # Merging lists the same version of ONNX's operators once for each part.
        sets = {item.domain: item.version for item in whole.opset_import}
        del whole.opset_import[:]
        whole.opset_import.extend(starmap(helper.make_opsetid, sets.items()))
        self._label(whole)
        onnx.checker.check_model(whole)
        return whole

    def _check(self) -> None:
        told = self.description
        if told.family not in HEADS:
            raise ModelError(
                f"model '{told.name}' is of the family '{told.family}', whose decoder is no graph: "
                f"export takes {', '.join(HEADS)}"
            )
        if told.input.resize not in PLACEMENTS:
            raise ModelError(
                f"model '{told.name}' takes images at their own size (resize: "
                f"{told.input.resize}), but export folds one of {', '.join(PLACEMENTS)} into the "
                "graph: give the description another resize"
            )

    def _preparation(self, opset: int) -> Sketch:
        """Return the graph from the images to the network's inputs and the frame's placement."""
        sketch, told = Sketch("prepare", opset), self.description.input
        images = [
            sketch.input(name, UINT8, ["height", "width", 3])
            for name, _ in zip(IMAGES, told.names, strict=False)
        ]
        sizes = images[0].size(0), images[0].size(1)
        placed = PLACEMENTS[told.resize](sketch, sizes, self.canvas)
        for image, name in zip(images, told.names, strict=True):
            self._feed(sketch, image, placed, name)
        sketch.output(
            PLACED, sketch.vector(*placed[0].values, *placed[1].values), DOUBLE, [NUMBERS]
        )
        return sketch

    def _feed(self, sketch: Sketch, image: Value, placed: Placed, name: str) -> None:
        self._feed_planes(sketch, place(sketch, image.transposed(2, 0, 1), placed), name)

    def _feed_planes(self, sketch: Sketch, planes: Value, name: str) -> None:
        """Make planes over the canvas, float32 (3, height, width), an input of the network."""
        wanted = self.description.input
        order = (0, 1, 2) if wanted.colour == self.colour else (2, 1, 0)
        fed = normalised(planes.picked(order, 0), self.description)
        if wanted.layout.endswith("HWC"):
            fed = fed.transposed(1, 2, 0)
        shape = input_shape(wanted, self.canvas)
        image = fed.reshaped(*(shape[1:] if wanted.layout.startswith("N") else shape))
        if wanted.layout.startswith("N"):
            one = image.reshaped(1, *shape[1:])
            image = sketch.add("Concat", *([one] * wanted.batch), axis=0)
        kind = _KINDS[wanted.dtype]
        sketch.output(FED + name, image.cast(kind), kind, shape)

    def _reading(self, opset: int) -> Sketch:
        """Return the graph from the network's answer to the masks."""
        sketch, told = Sketch("read", opset), self.description
        kind = _output_type(self.network, told.outputs[HEADS[told.family][0]])
        layout = told.output_layout or "NCHW"
        answer = sketch.input("read/answer", kind, [f"axis_{axis}" for axis in layout])
        placed = self._axes(sketch, sketch.input("read/placement", DOUBLE, [NUMBERS]))
        planes = _planes(answer.cast(FLOAT), told)
        _, head = HEADS[told.family]
        for name, field in head(sketch, planes, placed, told).items():
            mask = sketch.add("Greater", field, np.float32(0.0)).cast(FLOAT) * np.float32(255.0)
            self._mask(sketch, name, mask, placed)
        return sketch

    def _axes(self, sketch: Sketch, numbers: Value) -> Placed:
        """Return the frame's placement from the numbers that tell it."""
        rows, columns = (
            GraphAxis(side, *(numbers.picked(first + n, 0) for n in range(NUMBERS // 2)))
            for side, first in zip(self.canvas, (0, NUMBERS // 2), strict=True)
        )
        return rows, columns

    def _mask(self, sketch: Sketch, name: str, mask: Value, placed: Placed) -> None:
        """Make a mask of the frame's seen part, float32 of 0 and 255, an output."""
        whole = _framed(sketch, mask, placed).cast(UINT8)
        sketch.output(name, whole, UINT8, ["height", "width"])

    def _label(self, model: onnx.ModelProto) -> None:
        """Write into the model what it is, what it came from, and what it takes and gives."""
        told = self.description
        masks = [output.name for output in model.graph.output]
        images = [item.name for item in model.graph.input]
        text = (
            f"{told.title}. Takes {' and '.join(images)}, {self.takes}; "
            f"gives {', '.join(masks)}, {self.gives}."
        )
        facts = {
            "format": 1,
            "inputs": images,
            "input": {**self.kind, "colour": self.colour},
            "outputs": masks,
            "canvas": {"height": self.canvas[0], "width": self.canvas[1]},
        }
        source = yaml.safe_load(told.to_yaml())
        known = yaml.safe_dump({**facts, "source": source}, sort_keys=False, allow_unicode=True)
        model.doc_string = text
        model.producer_name = "handseg_ros"
        helper.set_model_props(model, {STANDALONE_KEY: known, "licence": told.licence})


def _without_constants(network: onnx.ModelProto, told: InputDescription) -> onnx.ModelProto:
    """Return a network whose inputs that take no image have become constants."""
    changed = onnx.ModelProto()
    changed.CopyFrom(network)
    graph = changed.graph
    for item in [item for item in graph.input if item.name in told.constants]:
        dtype = helper.tensor_dtype_to_np_dtype(item.type.tensor_type.elem_type)
        shape = [max(1, axis.dim_value) for axis in item.type.tensor_type.shape.dim]
        numbers = np.asarray(told.constants[item.name]).astype(dtype)
        whole = numbers.reshape(shape) if numbers.ndim else np.full(shape, numbers)
        graph.initializer.append(numpy_helper.from_array(whole, item.name))
        graph.input.remove(item)
    return changed


def _planes(answer: Value, told: ModelDescription) -> Value:
    """Return an answer as planes, (channels, rows, columns), times `output_scale`."""
    layout = told.output_layout or "NCHW"
    planes = answer.picked(0, 0) if layout.startswith("N") else answer
    if "C" not in layout:
        planes = planes.reshaped(1, planes.size(0), planes.size(1))
    elif layout.endswith("C"):
        planes = planes.transposed(2, 0, 1)
    return planes if told.output_scale is None else planes * np.float32(told.output_scale)


def _output_type(network: onnx.ModelProto, name: str) -> int:
    """Return the type of numbers of an output: networks in half precision may answer in that."""
    output = next(item for item in network.graph.output if item.name == name)
    return int(output.type.tensor_type.elem_type)


def normalised(planes: Value, told: ModelDescription) -> Value:
    """Return (pixel * scale - mean) / std, or bytes where the network takes these."""
    scale, mean, std = told.input.scale, told.input.mean, told.input.std
    if scale is None or mean is None or std is None:
        return planes.cast(UINT8)
    spread = np.array(std)[:, None, None]
    factor, shift = scale / spread, np.array(mean)[:, None, None] / spread
    return planes * factor.astype(np.float32) - shift.astype(np.float32)


def _framed(sketch: Sketch, mask: Value, placed: Placed) -> Value:
    """Return a mask of the seen part as one of the frame: what was not seen is no hand."""
    before = [axis.start for axis in placed]
    behind = [axis.whole - axis.start - axis.length for axis in placed]
    return sketch.add("Pad", mask, sketch.vector(*before, *behind).cast(INT64), np.float32(0.0))
