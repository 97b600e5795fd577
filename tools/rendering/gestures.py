"""What the fingers do: named hand shapes, drawn with variation and kept within the joint limits."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.joint_limits import HAND, clamp

THUMB_FREEDOMS = 4
FINGER_FREEDOMS = 4
FINGER_COUNT = 4


@dataclass(frozen=True)
class Gesture:
    """A hand shape.

    curl: share of full bending of index, middle, ring and little finger, each as (low, high).
    thumb: share of the thumb's bending towards the palm, (low, high).
    spread: radians by which outer fingers move apart, (low, high).
    """

    curl: tuple[tuple[float, float], ...]
    thumb: tuple[float, float]
    spread: tuple[float, float]


def _all(low: float, high: float) -> tuple[tuple[float, float], ...]:
    return ((low, high),) * FINGER_COUNT


_OUT = (-0.12, 0.05)
_IN = (0.8, 1.0)

GESTURES: dict[str, Gesture] = {
    "flat": Gesture(_all(-0.12, 0.08), (-0.2, 0.2), (-0.05, 0.08)),
    "spread": Gesture(_all(-0.15, 0.05), (-0.6, -0.2), (0.1, 0.2)),
    "relaxed": Gesture(_all(0.1, 0.35), (0.0, 0.4), (-0.03, 0.08)),
    "curled": Gesture(_all(0.3, 0.6), (0.1, 0.6), (-0.05, 0.08)),
    "grip": Gesture(_all(0.42, 0.62), (0.3, 0.7), (-0.03, 0.06)),
    "wide_grip": Gesture(_all(0.22, 0.38), (0.1, 0.5), (0.0, 0.12)),
    "fist": Gesture(_all(0.8, 1.0), (0.5, 0.9), (-0.05, 0.0)),
    "point": Gesture((_OUT, _IN, _IN, _IN), (0.4, 0.8), (-0.03, 0.03)),
    "victory": Gesture((_OUT, _OUT, _IN, _IN), (0.5, 0.9), (0.08, 0.2)),
    "three": Gesture((_OUT, _OUT, _OUT, (0.7, 1.0)), (0.3, 0.8), (0.0, 0.15)),
    "pinch": Gesture(((0.4, 0.5), (0.2, 0.6), (0.1, 0.6), (0.1, 0.5)), (0.5, 0.8), (0.0, 0.1)),
    "thumb_up": Gesture(_all(0.8, 1.0), (-0.8, -0.4), (-0.03, 0.03)),
    "horns": Gesture((_OUT, _IN, _IN, _OUT), (0.3, 0.8), (0.0, 0.1)),
    "any": Gesture(_all(-0.1, 1.0), (-0.6, 1.0), (-0.1, 0.2)),
}

GRIPPING = ("grip", "wide_grip", "curled", "pinch")
OPEN = ("flat", "spread", "relaxed", "curled", "any", "point", "victory", "three", "pinch")


def _finger_angles(
    curl: float, swing: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Knuckle bend, knuckle swing, middle bend and end bend; the end follows the middle joint."""
    knuckle = curl * rng.uniform(1.15, 1.45)
    middle = curl * rng.uniform(1.25, 1.6)
    return knuckle, swing, middle, middle * rng.uniform(0.5, 0.7)


def sample(name: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Angles of one hand, float64 [len(HAND)], radians, in the order of ``limits.HAND``.

    Raises KeyError for a name that is not in ``GESTURES``.
    """
    gesture = GESTURES[name]
    thumb = rng.uniform(*gesture.thumb)
    angles = [
        0.7 * thumb * rng.uniform(0.7, 1.1),
        -0.45 * thumb + rng.uniform(-0.08, 0.08),
        0.6 * thumb * rng.uniform(0.6, 1.1),
        max(thumb, -0.3) * rng.uniform(0.5, 1.1),
    ]
    spread = rng.uniform(*gesture.spread)
    # Index and little finger move away from the middle finger, to opposite sides.
    for position, (low, high) in zip((1.0, 0.2, -0.5, -1.0), gesture.curl, strict=True):
        angles.extend(_finger_angles(rng.uniform(low, high), position * spread, rng))
    return clamp(np.array(angles), HAND)
