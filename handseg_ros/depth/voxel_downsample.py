"""Fewer points: one for each cube of a grid that has any."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

# Metres; with smaller cubes their numbers would not fit into 64 bits.
MIN_VOXEL_SIZE = 1e-3
_AXES = ("x", "y", "z")


def voxel_downsample(cloud: np.ndarray, size: float) -> np.ndarray:
    """Return the mean point of each cube of `size` metres, but at least `MIN_VOXEL_SIZE`.

    `cloud` is structured, (N,), with float32 fields x, y and z in metres; other fields are taken
    from the first of a cube's points. The grid starts at the camera; the order is by the cubes' z,
    then y, then x.
    """
    if not len(cloud):
        return cloud
    axes = np.stack([cloud[axis] for axis in _AXES])
    cubes = _numbered(axes, max(size, MIN_VOXEL_SIZE))
    order = _order(cubes)
    ordered = cubes.take(order)
    firsts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
    counts = np.diff(firsts, append=len(cloud))
    sums = np.add.reduceat(axes.take(order, axis=1), firsts, axis=1, dtype=np.float64)
    downsampled: np.ndarray = cloud[order[firsts]]
    for axis, total in zip(_AXES, sums, strict=True):
        downsampled[axis] = total / counts
    return downsampled


def _numbered(axes: np.ndarray, size: float) -> np.ndarray:
    """Return a number, from 0, for the cube of each of the points (3, N): int64 (N,)."""
    cubes = np.floor(axes / np.float32(size)).astype(np.int64)
    x, y, z = cubes - cubes.min(axis=1, keepdims=True)
    numbers: np.ndarray = (z * (y.max() + 1) + y) * (x.max() + 1) + x
    return numbers


def _order(numbers: np.ndarray) -> np.ndarray:
    """Return the order that sorts numbers from 0, those that are equal as they stand.

    Sixteen bits at a time, which NumPy sorts by counting: several times as quick as comparing.
    """
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    for shift in range(16, int(numbers.max()).bit_length(), 16):
        digits = (numbers >> shift).astype(np.uint16).take(order)
        order = order.take(np.argsort(digits, kind="stable"))
    return order
