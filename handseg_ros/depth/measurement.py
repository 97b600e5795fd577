"""Where hands are, and how large, in metres."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.depth.depth_image import grid
from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.depth.surface import HIGH_PERCENTILE, LOW_PERCENTILE, Surface
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Box, Segmentation


def measure(view: View, box: Box, mask: np.ndarray) -> Measurement:
    """Measure a region: `mask` is uint8 (box.height, box.width), 0 or 255, in a box of the image.

    The position is the median along each axis of the region's points, its extent runs from the
    2nd to the 98th percentile of them.
    """
    surface = view.surface(box, mask)
    if surface is None:
        return Measurement(None, 0.0)
    own = cv2.countNonZero(surface.pixels(view.depth, box, mask))
    return Measurement(_location(view, box, surface), own / cv2.countNonZero(mask))


def measure_hands(view: View, segmentation: Segmentation) -> dict[int, Measurement]:
    """Measure the hands of a frame, by their ids."""
    return {hand.id: measure(view, hand.box, hand.mask) for hand in segmentation.hands}


def _location(view: View, box: Box, surface: Surface) -> Location | None:
    x, y = np.moveaxis(view.camera.rays(box)[grid(surface.step)], -1, 0)
    points = np.stack((x * surface.depth, y * surface.depth, surface.depth)).reshape(3, -1)
    known = np.sort(points.compress(~np.isnan(points[0]), axis=1))
    count = known.shape[1]
    if not count:
        return None
    middle = (known[:, (count - 1) // 2] + known[:, count // 2]) / 2
    last = count - 1
    extent = (
        known[:, round(last * HIGH_PERCENTILE / 100)] - known[:, round(last * LOW_PERCENTILE / 100)]
    )
    return Location(_triple(middle), _triple(extent))


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
