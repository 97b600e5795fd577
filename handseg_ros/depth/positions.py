"""What a depth image says of a region: where it is and how large, in metres."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Location:
    """Where the visible surface of a region is, metres, in the camera's optical frame.

    Its axes are those of REP 103: x right, y down, z forward. `position` is the surface's middle,
    `extent` its size along the three axes.
    """

    position: tuple[float, float, float]
    extent: tuple[float, float, float]


@dataclass(frozen=True)
class Measurement:
    """What depth says of one region.

    `location` is None where too few of its pixels have a depth to tell; `depth_share` is the share
    (0 to 1) of its pixels whose depth is known and belongs to the region.
    """

    location: Location | None
    depth_share: float
