"""Which depths in a region's mask are the region's own, and which those of what is around it.

A mask reaches over its hand's outline here and there, onto a wall behind it or onto something in
front of it, and a depth camera smears the edge between the two. So depths are first asked of the
mask's inside, where they form a layer; what is about as far away as that layer belongs to the hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.depth.depth_image import DepthImage, grid
from handseg_ros.segmentation.hands import Box

# A pixel is inside when it is this far from the outline, as a share of the farthest pixel's way:
# of a finger alone its middle is left, of a spread hand the palm's.
INSIDE = 0.5
# Depths are counted in bins of so many metres, each pixel inside by its way to the outline. A layer
# is so many bins: what of a hand is about as far away.
BIN = 0.01
LAYER = 12
# Of several layers the nearest is taken that has this share of the heaviest one's weight, because
# what is behind a hand is taken for it more often than what is before it.
NEARER = 0.7
# What is this far from the layer's middle, in metres, belongs to it: a hand is about 0.2 m long.
REACH = 0.12
# Nothing is known of a region where less of the pixels inside belong to it.
MIN_INSIDE_SHARE = 0.25
# Metres; depth that is nearer or farther is no hand's, whatever the camera says.
MIN_DEPTH, MAX_DEPTH = 0.03, 100.0
# At most so many of a region's pixels are looked at, on an even grid.
MAX_SAMPLES = 2000
MIN_PIXELS = 10
# Percentiles: what lies outside of them is noise.
LOW_PERCENTILE, HIGH_PERCENTILE = 2, 98


@dataclass(frozen=True)
class Surface:
    """What depth shows of a region, on an even grid: every `step`-th pixel of its box.

    `near` and `far` bound what belongs to the region, in metres. `depth` is float32 of the grid's
    shape, NaN where it is not known or not the region's.
    """

    near: float
    far: float
    step: int
    depth: np.ndarray

    @property
    def nearest(self) -> float:
        """Depth of the region's nearest part in metres, noise left aside."""
        known = self.depth[~np.isnan(self.depth)]
        rank = len(known) * LOW_PERCENTILE // 100
        return float(np.partition(known, rank)[rank])

    def pixels(self, depth: DepthImage, box: Box, mask: np.ndarray) -> np.ndarray:
        """Return all of the region's pixels whose depth is its own: uint8 as `mask`, 0 or 255."""
        return cv2.bitwise_and(depth.between(box, self.near, self.far), mask)


def find_surface(depth: DepthImage, box: Box, mask: np.ndarray) -> Surface | None:
    """Return what of a region's depth is its own, or None where that cannot be known.

    `mask` is uint8 (box.height, box.width), 0 or 255, in a box within the image.
    """
    step = max(1, math.ceil(math.sqrt(cv2.countNonZero(mask) / MAX_SAMPLES)))
    samples = mask[grid(step)]
    edge_distance = _edge_distances(samples)
    inside = edge_distance > INSIDE * edge_distance.max(initial=0.0)
    metres = depth.metres(box, step)
    known = inside & (metres >= MIN_DEPTH) & (metres <= MAX_DEPTH)
    if np.count_nonzero(known) < MIN_PIXELS:
        return None
    middle = _middle_of_layer(metres[known], edge_distance[known])
    near, far = max(middle - REACH, MIN_DEPTH), middle + REACH
    own = (metres >= near) & (metres <= far)
    if np.count_nonzero(own & inside) < max(
        MIN_PIXELS, MIN_INSIDE_SHARE * np.count_nonzero(inside)
    ):
        return None
    metres[~(own & (samples > 0))] = np.nan
    metres.setflags(write=False)
    return Surface(near, far, step, metres)


def _edge_distances(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's distance from what is not the mask, which the frame is: float32."""
    framed = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    framed[1:-1, 1:-1] = mask
    return cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]


def _middle_of_layer(depths: np.ndarray, weights: np.ndarray) -> float:
    """Return the median of the layer in which depths of the most weight lie."""
    bins = (depths / np.float32(BIN)).astype(np.int64)
    bins -= bins.min()
    within = np.convolve(np.bincount(bins, weights), np.ones(LAYER))[LAYER - 1 :]
    first = int(np.argmax(within >= NEARER * within.max()))
    layer = np.sort(depths[(bins >= first) & (bins < first + LAYER)])
    return float(layer[len(layer) // 2])
