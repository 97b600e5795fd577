"""A model with all around it folded into the graph: an image in, masks out, for any language."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap

import numpy as np
import onnx
import yaml
from onnx import compose, helper

from handseg_ros.exchange.conversion import input_shape, opset_of
from handseg_ros.exchange.graph_geometry import PLACEMENTS, GraphAxis, Placed, place
from handseg_ros.exchange.graph_sketch import DOUBLE, FLOAT, INT64, UINT8, Sketch, Value
from handseg_ros.exchange.heads import HEADS
from handseg_ros.exchange.looks import Colour
from handseg_ros.segmentation.description import STANDALONE_KEY, ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import Size

_NETWORK = "network/"
_FED, _PLACED = "prepared/", "prepared/placement"
# That tell a placement: five for each axis.
_NUMBERS = 10
# What the graph's inputs are called, in the order of the network's.
_IMAGES = ("image", "background")


@dataclass(frozen=True)
class Standalone:
    """What goes into a standalone graph: the network, its description and its canvas.

    `colour` is the order that the graph's image will have; `canvas` is (height, width) in pixels.
    """

    network: onnx.ModelProto
    description: ModelDescription
    canvas: Size
    colour: Colour

    def build(self) -> onnx.ModelProto:
        """Return the model: `image`, uint8 (height, width, 3), to `mask`, uint8 (height, width).

        `hand_object` models give `objects` beside it, `frame_background` ones take `background`
        beside the image. Raises ModelError for other families, and for images at their own size.
        """
        self._check()
        told, opset = self.description, opset_of(self.network)
        role, _ = HEADS[told.family]
        read = _NETWORK + told.outputs[role]
        network = compose.add_prefix(self.network, _NETWORK)
        del network.metadata_props[:]
        version = network.ir_version
        fed = compose.merge_models(
            self._preparation(opset).model(version), network,
            io_map=[(_FED + name, _NETWORK + name) for name in told.input.names],
            outputs=[read, _PLACED],
        )  # fmt: skip
        whole = compose.merge_models(
            fed, self._reading(opset).model(version),
            io_map=[(read, "read/answer"), (_PLACED, "read/placement")],
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
            for name, _ in zip(_IMAGES, told.names, strict=False)
        ]
        sizes = images[0].size(0), images[0].size(1)
        placed = PLACEMENTS[told.resize](sketch, sizes, self.canvas)
        for image, name in zip(images, told.names, strict=True):
            self._feed(sketch, image, placed, name)
        sketch.output(
            _PLACED, sketch.vector(*placed[0].values, *placed[1].values), DOUBLE, [_NUMBERS]
        )
        return sketch

    def _feed(self, sketch: Sketch, image: Value, placed: Placed, name: str) -> None:
        wanted = self.description.input
        order = (0, 1, 2) if wanted.colour == self.colour else (2, 1, 0)
        planes = place(sketch, image.transposed(2, 0, 1), placed).picked(order, 0)
        fed = _normalised(planes, self.description)
        shape = input_shape(wanted, self.canvas)
        if wanted.layout.endswith("HWC"):
            fed = fed.transposed(1, 2, 0)
        kind = UINT8 if wanted.dtype == "uint8" else FLOAT
        sketch.output(_FED + name, fed.reshaped(*shape), kind, shape)

    def _reading(self, opset: int) -> Sketch:
        """Return the graph from the network's answer to the masks."""
        sketch, told = Sketch("read", opset), self.description
        kind = _output_type(self.network, told.outputs[HEADS[told.family][0]])
        answer = sketch.input("read/answer", kind, [1, "a", "b", "c"]).cast(FLOAT)
        numbers = sketch.input("read/placement", DOUBLE, [_NUMBERS])
        rows, columns = (
            GraphAxis(side, *(numbers.picked(first + n, 0) for n in range(_NUMBERS // 2)))
            for side, first in zip(self.canvas, (0, _NUMBERS // 2), strict=True)
        )
        planes = answer.picked(0, 0)
        if told.output_layout == "NHWC":
            planes = planes.transposed(2, 0, 1)
        _, head = HEADS[told.family]
        for name, field in head(sketch, planes, (rows, columns), told).items():
            mask = sketch.add("Greater", field, np.float32(0.0)).cast(FLOAT) * np.float32(255.0)
            whole = _framed(sketch, mask, (rows, columns)).cast(UINT8)
            sketch.output(name, whole, UINT8, ["height", "width"])
        return sketch

    def _label(self, model: onnx.ModelProto) -> None:
        """Write into the model what it is, what it came from, and what it takes and gives."""
        told = self.description
        masks = [output.name for output in model.graph.output]
        images = [item.name for item in model.graph.input]
        text = (
            f"{told.title}. Takes {' and '.join(images)}, uint8 (height, width, 3), {self.colour}, "
            "of any size; "
            f"gives {', '.join(masks)}, uint8 (height, width), 0 or 255."
        )
        facts = {
            "format": 1,
            "inputs": images,
            "input": {"dtype": "uint8", "layout": "HWC", "colour": self.colour},
            "outputs": masks,
            "canvas": {"height": self.canvas[0], "width": self.canvas[1]},
        }
        source = yaml.safe_load(told.to_yaml())
        known = yaml.safe_dump({**facts, "source": source}, sort_keys=False, allow_unicode=True)
        model.doc_string = text
        model.producer_name = "handseg_ros"
        helper.set_model_props(model, {STANDALONE_KEY: known, "licence": told.licence})


def _output_type(network: onnx.ModelProto, name: str) -> int:
    """Return the type of numbers of an output: networks in half precision may answer in that."""
    output = next(item for item in network.graph.output if item.name == name)
    return int(output.type.tensor_type.elem_type)


def _normalised(planes: Value, told: ModelDescription) -> Value:
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
