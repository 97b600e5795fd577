"""A standalone graph of one size and plain operators, which OpenCV's `dnn` module reads too.

OpenCV knows no sizes that follow from the image, so the image comes as its `blobFromImage` makes
it: float32 (1, 3, height, width) of pixels 0 to 255 at the network's own size. What is computed
of constants is constant in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, Sketch, Value
from handseg_ros.onnx_export.graph_conversion import simplified
from handseg_ros.onnx_export.graph_geometry import GraphAxis, Placed
from handseg_ros.onnx_export.standalone import IMAGES, NUMBERS, PLACED, Standalone


@dataclass(frozen=True)
class BlobStandalone(Standalone):
    """As `Standalone`, of images at the canvas's size; see the module's text."""

    def build(self) -> onnx.ModelProto:
        """Return the model: `image`, float32 (1, 3, height, width), to `mask`, (1, 1, ...).

        Masks are float32, 0 or 255, at the image's size. Raises ModelError as `Standalone` does.
        """
        return simplified(super().build())

    @property
    def takes(self) -> str:
        """What the images are, for people."""
        height, width = self.canvas
        return f"float32 (1, 3, {height}, {width}), {self.colour}, 0 to 255, as a blob of OpenCV's"

    @property
    def kind(self) -> dict[str, str]:
        """Type and layout of the images."""
        return {"dtype": "float32", "layout": "NCHW"}

    @property
    def gives(self) -> str:
        """What the masks are, for people."""
        return f"float32 (1, 1, {self.canvas[0]}, {self.canvas[1]}), 0 or 255"

    def _preparation(self, opset: int) -> Sketch:
        sketch, told = Sketch("prepare", opset), self.description.input
        for name, graph_name in zip(IMAGES, told.names, strict=False):
            image = sketch.input(name, FLOAT, [1, 3, *self.canvas])
            self._feed_planes(sketch, image.reshaped(3, *self.canvas), graph_name)
        sketch.output(PLACED, sketch.constant(np.zeros(NUMBERS)), DOUBLE, [NUMBERS])
        return sketch

    def _axes(self, sketch: Sketch, numbers: Value) -> Placed:
        zero = sketch.constant(0.0)
        sides = [sketch.constant(float(side)) for side in self.canvas]
        rows, columns = (
            GraphAxis(side, whole, whole, zero, zero, whole)
            for side, whole in zip(self.canvas, sides, strict=True)
        )
        return rows, columns

    def _mask(self, sketch: Sketch, name: str, mask: Value, placed: Placed) -> None:
        shape = 1, 1, *self.canvas
        sketch.output(name, mask.reshaped(*shape), FLOAT, shape)
