"""Graphs of single hands run by ONNX Runtime alone, and compared with what the core finds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime

from handseg_ros.onnx_export.graph_conversion import open_model
from handseg_ros.onnx_export.instance_graph import InstanceStandalone
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.geometry import ResizeTransform, Size
from handseg_ros.segmentation.hands import DecodedInstances, Hand, ObjectRegion, Segmentation

IR_VERSION = 8
OPSET = 17
# Of scores, which are rounded to single precision on other ways.
SCORE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class FoundInstances:
    """What a graph gives of one frame: its outputs."""

    rois: np.ndarray
    class_ids: np.ndarray
    scores: np.ndarray
    sides: np.ndarray
    masks: np.ndarray

    @classmethod
    def of(
        cls, session: onnxruntime.InferenceSession, inputs: dict[str, np.ndarray]
    ) -> FoundInstances:
        """Return what a session gives of its inputs."""
        names = [item.name for item in session.get_outputs()]
        return cls(**dict(zip(names, session.run(None, inputs), strict=True)))


@dataclass(frozen=True)
class Reader:
    """The part of a graph behind the network, of a description, fed with outputs as they are."""

    description: ModelDescription
    session: onnxruntime.InferenceSession

    @classmethod
    def of(cls, description: ModelDescription, network: onnx.ModelProto, **more: Any) -> Reader:
        """Return the reader of a network's outputs, of which only types and axes count."""
        size = description.input.height, description.input.width
        parts = InstanceStandalone(network, description, size, "RGB", **more)
        return cls(description, open_model(parts.reading(OPSET).model(IR_VERSION)))

    def found(self, outputs: dict[str, np.ndarray], transform: ResizeTransform) -> FoundInstances:
        """Return what the graph finds in the network's outputs of a frame."""
        # Networks whose answers are 0 give labels as floats.
        inputs = {
            f"read/{role}": np.asarray(values, np.float32) for role, values in outputs.items()
        }
        return FoundInstances.of(self.session, {**inputs, "read/placement": _placement(transform)})

    def assert_the_core_s(
        self, outputs: dict[str, np.ndarray], transform: ResizeTransform
    ) -> DecodedInstances:
        """Hold the graph to the core's decoder, and return what that finds."""
        decode = DECODERS[self.description.family].decode
        wanted = decode(outputs, transform, self.description, self.description.thresholds)
        frame = transform.frame_height, transform.frame_width
        assert_same(self.found(outputs, transform), wanted, frame)
        return wanted


def _placement(transform: ResizeTransform) -> np.ndarray:
    seen = transform.seen
    rows = transform.frame_height, transform.content_height, transform.top, seen.y, seen.height
    columns = transform.frame_width, transform.content_width, transform.left, seen.x, seen.width
    return np.array([*rows, *columns], np.float64)


def assert_same(
    found: FoundInstances, wanted: DecodedInstances | Segmentation, frame: Size
) -> None:
    """Hold what a graph found to hands and objects: boxes, masks, sides and scores."""
    things: list[Hand | ObjectRegion] = [*wanted.hands, *(wanted.objects or ())]
    assert found.scores.shape == found.class_ids.shape == found.sides.shape == (len(things),)
    assert found.masks.shape == (len(things), *frame)
    assert found.masks.dtype == np.uint8
    boxes = [
        (item.box.y, item.box.x, item.box.y + item.box.height, item.box.x + item.box.width)
        for item in things
    ]
    np.testing.assert_array_equal(found.rois, np.array(boxes, np.int32).reshape(-1, 4))
    sides = [int(hand.side) for hand in wanted.hands] + [0] * len(wanted.objects or ())
    np.testing.assert_array_equal(found.sides, sides)
    np.testing.assert_allclose(
        found.scores, [thing.score for thing in things], rtol=0, atol=SCORE_TOLERANCE
    )
    for mask, thing in zip(found.masks, things, strict=True):
        whole = np.zeros(frame, np.uint8)
        whole[thing.box.slices] = thing.mask
        np.testing.assert_array_equal(mask, whole)
