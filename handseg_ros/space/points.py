"""Points of regions in metres, packed as sensor_msgs/PointCloud2 takes them."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box
from handseg_ros.space.surface import find_surface
from handseg_ros.space.view import View

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
# Metres; with smaller cubes their numbers would not fit into 64 bits.
LEAST_VOXEL = 1e-3


def points(
    view: View, regions: Iterable[Region], frame_bgr: np.ndarray, voxel_size: float
) -> np.ndarray:
    """Return the points of regions whose depth is known and their own: (N,) of dtype `POINT`.

    `frame_bgr` is uint8 (height, width, 3), of the view's size. Points come region by region, each
    row by row. With a `voxel_size` in metres above 0, one point stands for all points of a region
    in a cube of a grid of that size, at least `LEAST_VOXEL`: their mean, with the colour of the
    first; the order is that of the cubes, by z, y and x.
    """
    clouds = [_cloud(view, region, frame_bgr) for region in regions]
    if voxel_size > 0:
        size = max(voxel_size, LEAST_VOXEL)
        clouds = [_thinned(cloud, size) for cloud in clouds]
    return np.concatenate(clouds) if clouds else np.zeros(0, POINT)


def _cloud(view: View, region: Region, frame_bgr: np.ndarray) -> np.ndarray:
    instance, box, mask = region
    surface = find_surface(view.depth, box, mask)
    if surface is None:
        return np.zeros(0, POINT)
    rays = view.camera.rays(box)
    own = (surface.pixels(view.depth, box, mask) > 0) & ~np.isnan(rays[..., 0])
    depth = view.depth.metres(box)[own]
    cloud = np.zeros(len(depth), POINT)
    cloud["x"] = rays[..., 0][own] * depth
    cloud["y"] = rays[..., 1][own] * depth
    cloud["z"] = depth
    cloud["rgb"] = _packed_colours(frame_bgr[box.slices])[own]
    cloud["instance"] = instance
    return cloud


def _packed_colours(bgr: np.ndarray) -> np.ndarray:
    """Return colours as PointCloud2 has them: float32 (h, w) whose bits are 0x00RRGGBB."""
    bgra = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA)
    bgra[..., 3] = 0
    return bgra.view("<f4")[..., 0]


def _thinned(cloud: np.ndarray, size: float) -> np.ndarray:
    """Return one point for each cube of `size` metres that has points."""
    if not len(cloud):
        return cloud
    cubes = np.floor(np.stack([cloud[axis] for axis in "zyx"]) / np.float32(size)).astype(np.int64)
    z, y, x = cubes - cubes.min(axis=1, keepdims=True)
    keys = (z * (y.max() + 1) + y) * (x.max() + 1) + x
    # Sorted along with its place in one number, as sorting numbers is quicker than sorting places.
    bits = len(cloud).bit_length()
    ordered = np.sort((keys << bits) | np.arange(len(cloud)))
    places, keys = ordered & ((1 << bits) - 1), ordered >> bits
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(firsts, append=len(cloud))
    thin = cloud[places[firsts]]
    for axis in "xyz":
        thin[axis] = np.add.reduceat(cloud[axis][places], firsts) / counts
    return thin
