"""Robots' arms that reach to where people work, as chains of cylinders and boxes (numpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rendering import surfaces
from rendering.scene_spec import PropSpec
from rendering.surfaces import Surface

Vector = NDArray[np.float64]

CLEARANCE = 0.06
"""Metres between the gripper's tip and the place that it reaches for."""


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _along(direction: Vector) -> Vector:
    """A rotation [3, 3] whose third axis is ``direction``."""
    third = _unit(direction)
    helper = np.array([1.0, 0.0, 0.0]) if abs(third[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    first = _unit(np.cross(helper, third))
    return np.stack([first, np.cross(third, first), third], 1)


def _link(start: Vector, end: Vector, radius: float, surface: Surface) -> PropSpec:
    length = float(np.linalg.norm(end - start))
    size = np.array([2 * radius, 2 * radius, length])
    return PropSpec("cylinder", size, _along(end - start), (start + end) / 2, surface)


def elbow(shoulder: Vector, wrist: Vector, upper: float, lower: float) -> Vector:
    """Where the elbow [3] of two links in an upright plane lies, above their line.

    A wrist out of reach stretches the arm.
    """
    span = wrist - shoulder
    distance = float(np.linalg.norm(span))
    along = (upper**2 - lower**2 + distance**2) / (2 * max(distance, 1e-9))
    height = float(np.sqrt(max(upper**2 - along**2, 0.0)))
    axis = _unit(span)
    up = np.array([0.0, 0.0, 1.0]) - axis * axis[2]
    placed: Vector = shoulder + axis * along + _unit(up) * height
    return placed


def _gripper(tip: Vector, direction: Vector, size: float, surface: Surface) -> Iterator[PropSpec]:
    """A box with two fingers that point along ``direction`` to ``tip``."""
    rotation = _along(direction)
    palm = tip - direction * 1.3 * size
    yield PropSpec("box", np.array([1.1, 0.5, 0.6]) * size, rotation, palm, surface)
    for side in (-1.0, 1.0):
        position = tip - direction * 0.5 * size + rotation[:, 0] * side * 0.35 * size
        yield PropSpec("box", np.array([0.16, 0.3, 1.0]) * size, rotation, position, surface)


def sample_robot(
    reach_for: Vector, ground: float, rng: np.random.Generator
) -> tuple[PropSpec, ...]:
    """An arm on a foot at the height ``ground`` whose gripper is near ``reach_for`` [3]."""
    paint, joint = surfaces.robot_paint(rng), surfaces.robot_paint(rng)
    thickness = float(rng.uniform(0.035, 0.085))
    yaw = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    foot = reach_for + away * rng.uniform(0.35, 0.95)
    foot[2] = ground
    shoulder = foot + np.array([0.0, 0.0, rng.uniform(0.15, 0.45)])
    down = _unit(-away * rng.uniform(0.0, 1.0) + np.array([0.0, 0.0, -rng.uniform(0.1, 1.0)]))
    tip = reach_for - down * (CLEARANCE + rng.uniform(0.0, 0.3)) + rng.normal(0, 0.06, 3)
    wrist = tip - down * rng.uniform(0.16, 0.3)
    reach = float(np.linalg.norm(wrist - shoulder))
    upper, lower = reach * rng.uniform(0.52, 0.8), reach * rng.uniform(0.52, 0.8)
    bend = elbow(shoulder, wrist, upper, lower)
    parts = [
        _link(foot, shoulder, 1.3 * thickness, paint),
        _link(shoulder, bend, thickness, paint),
        _link(bend, wrist, 0.8 * thickness, paint),
        _link(wrist, tip - down * 0.11, 0.6 * thickness, joint),
    ]
    for position, radius in ((shoulder, 1.35), (bend, 1.15), (wrist, 0.9)):
        across = np.cross(down, away) + rng.normal(0, 0.05, 3)
        half = _unit(across) * thickness * radius * 1.1
        parts.append(_link(position - half, position + half, radius * thickness, joint))
    parts += _gripper(tip, down, float(rng.uniform(0.06, 0.11)), joint)
    return tuple(parts)
