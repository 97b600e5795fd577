"""How alike the hands of a graph and those of the core are, box by box and pixel by pixel."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import onnxruntime

from handseg_ros.onnx_export.export_request import InstanceAgreement
from handseg_ros.onnx_export.instance_graph import MASKS, ROIS, SCORES, SIDES
from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Segmentation, Side


@dataclass(frozen=True)
class Instances:
    """Hands and objects of a frame, the best first: rows of `boxes` are y1, x1, y2, x2.

    `scores` are (N,), `sides` (N,), `masks` uint8 (N, height, width), 0 or 255.
    """

    boxes: np.ndarray
    scores: np.ndarray
    sides: np.ndarray
    masks: np.ndarray

    @classmethod
    def of_core(cls, found: Segmentation) -> Instances:
        """Return what the core has found."""
        things: list[Hand | ObjectRegion] = [*found.hands, *(found.objects or ())]
        masks = np.zeros((len(things), found.height, found.width), np.uint8)
        for mask, thing in zip(masks, things, strict=True):
            mask[thing.box.slices] = thing.mask
        boxes = [(box.y, box.x, box.y + box.height, box.x + box.width) for box in _boxes(things)]
        sides = [thing.side if isinstance(thing, Hand) else Side.UNKNOWN for thing in things]
        scores = [thing.score for thing in things]
        return cls(np.array(boxes).reshape(-1, 4), np.array(scores), np.array(sides, int), masks)

    @classmethod
    def of_graph(
        cls, session: onnxruntime.InferenceSession, images: dict[str, np.ndarray]
    ) -> Instances:
        """Return what a graph of instances gives."""
        boxes, scores, sides, masks = session.run([ROIS, SCORES, SIDES, MASKS], images)
        return cls(boxes, scores, sides, masks)


def _boxes(things: list[Hand | ObjectRegion]) -> list[Box]:
    return [thing.box for thing in things]


def compare_instances(
    first: Callable[[np.ndarray], Instances],
    second: Callable[[np.ndarray], Instances],
    pictures: Iterable[np.ndarray],
) -> InstanceAgreement:
    """Compare what two models find in pictures, uint8 BGR."""
    count = instances = strays = sides = pixels = differing = 0
    step = score = 0.0
    for picture in pictures:
        one, other = first(picture), second(picture)
        both = min(len(one.scores), len(other.scores))
        count, instances = count + 1, instances + len(other.scores)
        strays += len(one.scores) + len(other.scores) - 2 * both
        sides += int(np.sum(one.sides[:both] != other.sides[:both]))
        step = max(step, _farthest(one.boxes[:both], other.boxes[:both]))
        score = max(score, _farthest(one.scores[:both], other.scores[:both]))
        pixels += int(np.count_nonzero(other.masks[:both]))
        differing += int(np.sum(one.masks[:both] != other.masks[:both]))
    share = differing / max(1, pixels)
    return InstanceAgreement(count, instances, strays, sides, step, score, share)


def _farthest(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(np.subtract(first, second, dtype=np.float64)).max(initial=0.0))
