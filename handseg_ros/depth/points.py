"""Points of regions in metres, packed as sensor_msgs/PointCloud2 takes them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from handseg_ros.depth.view import View
from handseg_ros.depth.voxel_downsample import voxel_downsample
from handseg_ros.segmentation.hands import Box

# A region's number, its box and its mask, uint8 (box.height, box.width), 0 or 255.
Region = tuple[int, Box, np.ndarray]

# 20 bytes a point, little-endian, the last three of them 0. `rgb` is a float whose bits are
# 0x00RRGGBB, as PCL and RViz read it.
POINT = np.dtype(
    {
        "names": ["x", "y", "z", "rgb", "instance"],
        "formats": ["<f4", "<f4", "<f4", "<f4", "u1"],
        "offsets": [0, 4, 8, 12, 16],
        "itemsize": 20,
    }
)
_BYTES = np.dtype((np.void, POINT.itemsize))


def points(
    view: View, regions: Iterable[Region], frame_bgr: np.ndarray, voxel_size: float
) -> np.ndarray:
    """Return the points of regions whose depth is known and their own: (N,) of dtype `POINT`.

    `frame_bgr` is uint8 (height, width, 3), of the view's size. Points come region by region, each
    row by row; with a `voxel_size` in metres above 0, each region's are `voxel_downsample` to that.
    """
    clouds = [_cloud(view, region, frame_bgr) for region in regions]
    if voxel_size > 0:
        clouds = [voxel_downsample(cloud, voxel_size) for cloud in clouds]
    # As bytes, because NumPy copies structures field by field: 40 times as slow.
    parts = [np.zeros(0, _BYTES), *(cloud.view(_BYTES) for cloud in clouds)]
    return np.concatenate(parts).view(POINT)


def _cloud(view: View, region: Region, frame_bgr: np.ndarray) -> np.ndarray:
    instance, box, mask = region
    surface = view.surface(box, mask)
    if surface is None:
        return np.zeros(0, POINT)
    x, y = np.moveaxis(view.camera.rays(box), -1, 0)
    own = np.flatnonzero((surface.pixels(view.depth, box, mask) > 0) & ~np.isnan(x))
    depth = view.depth.metres(box).take(own)
    cloud = np.zeros(len(own), POINT)
    cloud["x"] = x.take(own) * depth
    cloud["y"] = y.take(own) * depth
    cloud["z"] = depth
    cloud["rgb"] = _packed_colours(frame_bgr[box.slices]).take(own)
    cloud["instance"] = instance
    return cloud


def _packed_colours(bgr: np.ndarray) -> np.ndarray:
    """Return colours as PointCloud2 has them: float32 (h, w) whose bits are 0x00RRGGBB."""
    bgra = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA)
    bgra[..., 3] = 0
    return bgra.view("<f4")[..., 0]
