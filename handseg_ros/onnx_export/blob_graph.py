"""A standalone graph of one size and plain operators, which OpenCV's `dnn` module reads too.

OpenCV knows no sizes that follow from the image, so the image comes as its `blobFromImage` makes
it: float32 (1, 3, height, width) of pixels 0 to 255 at the network's own size. What is computed
of constants is constant in the file.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from handseg_ros.onnx_export.graph_builder import DOUBLE, FLOAT, GraphBuilder, Value
from handseg_ros.onnx_export.graph_conversion import simplified
from handseg_ros.onnx_export.graph_geometry import GraphAxis, GraphTransform
from handseg_ros.onnx_export.standalone import IMAGES, TRANSFORM, TRANSFORM_NUMBERS, Standalone


@dataclass(frozen=True)
class BlobStandalone(Standalone):
    """As `Standalone`, of images at the input's size; see the module's text."""

    def build(self) -> onnx.ModelProto:
        """Return the model: `image`, float32 (1, 3, height, width), to `mask`, (1, 1, ...).

        Masks are float32, 0 or 255, at the image's size. Raises ModelError as `Standalone` does.
        """
        return simplified(super().build())

    @property
    def input_text(self) -> str:
        """What the images are, for people."""
        height, width = self.input_size
        return f"float32 (1, 3, {height}, {width}), {self.colour}, 0 to 255, as a blob of OpenCV's"

    @property
    def kind(self) -> dict[str, str]:
        """Type and layout of the images."""
        return {"dtype": "float32", "layout": "NCHW"}

    @property
    def output_text(self) -> str:
        """What the masks are, for people."""
        return f"float32 (1, 1, {self.input_size[0]}, {self.input_size[1]}), 0 or 255"

    def _preparation(self, opset: int) -> GraphBuilder:
        builder, description = GraphBuilder("prepare", opset), self.description.input
        for name, graph_name in zip(IMAGES, description.names, strict=False):
            image = builder.input(name, FLOAT, [1, 3, *self.input_size])
            self._preprocess_planes(builder, image.reshape(3, *self.input_size), graph_name)
        builder.output(
            TRANSFORM, builder.constant(np.zeros(TRANSFORM_NUMBERS)), DOUBLE, [TRANSFORM_NUMBERS]
        )
        return builder

    def _axes(self, builder: GraphBuilder, numbers: Value) -> GraphTransform:
        zero = builder.constant(0.0)
        sides = [builder.constant(float(side)) for side in self.input_size]
        rows, columns = (
            GraphAxis(side, whole, whole, zero, zero, whole)
            for side, whole in zip(self.input_size, sides, strict=True)
        )
        return rows, columns

    def _mask(
        self, builder: GraphBuilder, name: str, mask: Value, transform: GraphTransform
    ) -> None:
        shape = 1, 1, *self.input_size
        builder.output(name, mask.reshape(*shape), FLOAT, shape)
