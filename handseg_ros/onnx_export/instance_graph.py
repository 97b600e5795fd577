"""A model with all around it folded into the graph: an image in; single hands and objects out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.onnx_export.bottom_up_graph import HandClaims, cell_hands
from handseg_ros.onnx_export.detection_graph import (
    DetectedRegions,
    GraphDetections,
    found_regions,
    frame_size,
)
from handseg_ros.onnx_export.detector_graphs import (
    NetworkAnswer,
    of_mask_rcnn,
    of_rf_detr_seg,
    of_rtmdet_ins,
    of_yolo_seg,
)
from handseg_ros.onnx_export.graph_builder import (
    FLOAT,
    INT32,
    INT64,
    UINT8,
    Axes,
    GraphBuilder,
    Value,
)
from handseg_ros.onnx_export.graph_cells import GraphCells
from handseg_ros.onnx_export.graph_regions import Regions, assigned, masks_of
from handseg_ros.onnx_export.standalone import Standalone
from handseg_ros.segmentation.decoders.detections import (
    HAND_SIDES,
    hand_classes,
    object_classes,
)
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import HAND
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import MAX_HANDS, Side

ROIS, CLASS_IDS, SCORES, SIDES, MASKS = "rois", "class_ids", "scores", "sides", "masks"
# From when on sums are scattered, which counting cells needs.
MIN_OPSET = 16

_DETECTORS: Mapping[str, Callable[[NetworkAnswer], GraphDetections]] = {
    "mask_rcnn": of_mask_rcnn,
    "rf_detr_seg": of_rf_detr_seg,
    "rtmdet_ins": of_rtmdet_ins,
    "yolo_seg": of_yolo_seg,
}
INSTANCE_FAMILIES = ("bottom_up", *_DETECTORS)


@dataclass(frozen=True)
class _Found:
    """Regions, each with its class, its score and its side."""

    regions: Regions
    class_ids: Value
    scores: Value
    sides: Value


@dataclass(frozen=True)
class InstanceStandalone(Standalone):
    """As `Standalone`, of single hands and objects, of which there are `max_hands` each at most."""

    max_hands: int = MAX_HANDS

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the network's outputs that are read; raises ModelError as `build` does."""
        family = self.description.family
        if family not in INSTANCE_FAMILIES:
            raise ModelError(
                f"model '{self.description.name}' is of the family '{family}', whose single hands "
                f"no graph makes: leave --instances out, or take one of "
                f"{', '.join(INSTANCE_FAMILIES)}"
            )
        return DECODERS[family].outputs

    @property
    def output_text(self) -> str:
        """What the outputs are, for people."""
        return (
            "of N hands and objects, the best first: rois int32 (N, 4) y1 x1 y2 x2, class_ids "
            "int64 (N), scores float32 (N), sides int64 (N) 0 unknown 1 left 2 right, masks uint8 "
            "(N, height, width) 0 or 255"
        )

    def reading(self, opset: int) -> GraphBuilder:
        """Return the graph from the network's outputs to hands and objects."""
        builder = GraphBuilder("read", opset)
        values, transform = self._answer(builder)
        axes = {role: len(self._axes_of(role)) for role in self.roles}
        answer = NetworkAnswer(values, axes, transform, self.description)
        found = self._hands(answer) if self._is_own else self._detected(answer)
        _write(builder, found)
        return builder

    @property
    def _is_own(self) -> bool:
        return self.description.family not in _DETECTORS

    def _hands(self, answer: NetworkAnswer) -> list[_Found]:
        """Return the hands of the own family."""
        builder, description = answer.builder, self.description
        output = answer.values["maps"].cast(FLOAT).gather(0, 0)
        grid = GraphCells.of(answer.transform, output.size(1), output.size(2))
        maps = grid.seen(builder, output)
        stride = description.stride or 1
        map_size = self.input_size[0] // stride, self.input_size[1] // stride
        hands = cell_hands(builder, maps, map_size, description)
        frame = frame_size(answer.transform)
        min_area = frame[0] * description.thresholds.minimum_area * frame[1]
        claims = HandClaims.of(maps, hands, grid, min_area, description)
        count = builder.add("Shape", hands.scores).gather(0, 0)
        count = builder.add("Min", count, np.int64(MAX_HANDS))
        regions = assigned(builder, frame, count, claims.claim, self.max_hands)
        places = builder.add("Range", np.int64(0), count, np.int64(1))
        kept = regions.of(places)
        sides = hands.sides.gather(kept, 0)
        class_ids = sides * np.int64(0) + np.int64(description.classes.index(HAND))
        return [_Found(regions, class_ids, hands.scores.gather(kept, 0), sides)]

    def _detected(self, answer: NetworkAnswer) -> list[_Found]:
        """Return the hands, and where the description names them the objects, of a detector."""
        description = self.description
        detections = _DETECTORS[description.family](answer)
        thresholds = description.thresholds.score, description.thresholds.minimum_area
        found = []
        for classes in (hand_classes(description), object_classes(description)):
            if classes:
                regions = found_regions(
                    detections, classes, answer.transform, thresholds, self.max_hands
                )
                found.append(self._with_sides(regions))
        return found

    def _with_sides(self, found: DetectedRegions) -> _Found:
        sides = [HAND_SIDES.get(name, Side.UNKNOWN) for name in self.description.classes]
        table = found.labels.builder.constant(np.array([int(side) for side in sides]))
        return _Found(found.regions, found.labels, found.scores, table.gather(found.labels, 0))

    def _axes_of(self, role: str) -> Sequence[object]:
        """Return the axes of an output of the network."""
        name = self.description.outputs[role]
        output = next(item for item in self.network.graph.output if item.name == name)
        return output.type.tensor_type.shape.dim


def _write(builder: GraphBuilder, found: list[_Found]) -> None:
    """Make regions the graph's outputs."""
    columns: dict[str, tuple[list[Value], int, Axes]] = {
        ROIS: ([item.regions.boxes for item in found], INT32, ["hands", 4]),
        CLASS_IDS: ([item.class_ids for item in found], INT64, ["hands"]),
        SCORES: ([item.scores for item in found], FLOAT, ["hands"]),
        SIDES: ([item.sides for item in found], INT64, ["hands"]),
        MASKS: (
            [masks_of(builder, item.regions) for item in found],
            UINT8,
            ["hands", "height", "width"],
        ),
    }
    for name, (parts, kind, shape) in columns.items():
        builder.output(name, builder.add("Concat", *parts, axis=0), kind, shape)
