"""Guards that resizing and sampling inside a graph are those of the core's geometry."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import onnxruntime
import pytest
from support.assets import PICTURE

from handseg_ros.onnx_export import graph_geometry
from handseg_ros.onnx_export.graph_builder import FLOAT, UINT8, GraphBuilder
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS

IR_VERSION = 8
INPUT_SIZE = (256, 320)
# Larger, smaller and as large, on both axes or one; whole blocks, halves and odd sizes.
FRAMES = [
    (256, 320), (512, 640), (480, 640), (720, 1280), (1080, 1920), (100, 130), (200, 640),
    (640, 200), (97, 641), (333, 1000), (1, 1), (3, 700), (1024, 1280), (768, 960), (512, 330),
    (477, 635),
]  # fmt: skip


def _session(builder: GraphBuilder) -> onnxruntime.InferenceSession:
    model = builder.model(IR_VERSION).SerializeToString()
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def _frame(height: int, width: int) -> np.ndarray:
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("opset", [11, 18])
@pytest.mark.parametrize("policy", list(graph_geometry.RESIZE_TRANSFORMS))
def test_the_input_image_is_the_core_s(policy: str, opset: int) -> None:
    builder = GraphBuilder("test", opset)
    image = builder.input("image", UINT8, ["height", "width", 3])
    graph_transform = graph_geometry.RESIZE_TRANSFORMS[policy](
        builder, (image.size(0), image.size(1)), INPUT_SIZE
    )
    resized = graph_geometry.resize(builder, image, graph_transform)
    builder.output("canvas", resized, FLOAT, [3, *INPUT_SIZE])
    session = _session(builder)
    for size in FRAMES:
        frame = _frame(*size)
        (found,) = session.run(None, {"image": frame})
        transform = RESIZE_TRANSFORMS[policy](size, INPUT_SIZE)
        np.testing.assert_array_equal(found, transform.apply(frame).transpose(2, 0, 1), str(size))


@pytest.mark.parametrize("policy", list(graph_geometry.RESIZE_TRANSFORMS))
def test_a_map_is_sampled_as_by_the_core(policy: str) -> None:
    builder = GraphBuilder("test", 11)
    image = builder.input("image", UINT8, ["height", "width", 3])
    cells = builder.input("cells", FLOAT, ["rows", "columns"])
    graph_transform = graph_geometry.RESIZE_TRANSFORMS[policy](
        builder, (image.size(0), image.size(1)), INPUT_SIZE
    )
    builder.output(
        "sampled", graph_geometry.sample(builder, cells, graph_transform), FLOAT, ["h", "w"]
    )
    session = _session(builder)
    numbers = np.random.default_rng(0)
    for size in FRAMES:
        for shape in ((64, 80), (65, 79), INPUT_SIZE):
            values = numbers.random(shape, np.float32)
            inputs = {"image": np.zeros((*size, 3), np.uint8), "cells": values}
            (found,) = session.run(None, inputs)
            transform = RESIZE_TRANSFORMS[policy](size, INPUT_SIZE)
            grid = transform.grid(*shape)
            seen = np.ascontiguousarray(grid.seen(values))
            wanted = grid.upsample(seen, (0, 0), transform.seen)
            assert np.abs(found - wanted).max() < 1e-3
