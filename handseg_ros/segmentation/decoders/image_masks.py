"""Detections whose masks cover the whole image and are cut off by no box, as queries give them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.detections import (
    Detections,
    find_instances,
    hand_classes,
    object_classes,
)
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import CellGrid, ResizeTransform
from handseg_ros.segmentation.hands import Box, DecodedInstances


@dataclass(frozen=True)
class ImageMasks:
    """Detections: `scores` and `labels` (D,), and which of `planes` (N, rows, columns) each has.

    A pixel belongs to a detection where its plane, interpolated, is above `limit`.
    """

    scores: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    planes: np.ndarray
    limit: float

    def find_instances(
        self, transform: ResizeTransform, description: ModelDescription, thresholds: Thresholds
    ) -> DecodedInstances:
        """Return hands and objects, as `detections.find_instances` does."""
        grid = transform.grid(*self.planes.shape[1:])
        seen = grid.seen(self.planes)
        known = hand_classes(description) | object_classes(description)
        edges = np.zeros((len(self.scores), 4))
        for number in np.flatnonzero(self.scores >= thresholds.score):
            if int(self.labels[number]) in known:
                edges[number] = self._edges(seen[self.indices[number]], grid)

        def sample(number: int, box: Box) -> np.ndarray:
            rows, columns = grid.window(box)
            cells = seen[self.indices[number]][rows, columns]
            cells = np.ascontiguousarray(cells, np.float32)
            return grid.upsample(cells, (rows.start, columns.start), box) > self.limit

        found = Detections(edges, self.scores, self.labels)
        return find_instances(found, sample, transform, description, thresholds)

    def _edges(self, plane: np.ndarray, grid: CellGrid) -> tuple[int, int, int, int]:
        """Return the lines around all pixels that can be above the limit: 0 where none is.

        A pixel above it lies less than a cell from a cell above it.
        """
        above = plane > self.limit
        rows, columns = (np.flatnonzero(above.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return 0, 0, 0, 0
        spans = [
            (max(0, int(line[0]) - 1), min(count - 1, int(line[-1]) + 1))
            for line, count in zip((columns, rows), reversed(grid.shape), strict=True)
        ]
        box = grid.frame_box(spans[0], spans[1])
        return box.x, box.y, box.x + box.width, box.y + box.height
