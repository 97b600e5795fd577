"""Where the camera stands and what it shows, decided with numpy before anything is rendered."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

VIEWS = ("head", "tabletop", "ceiling", "side", "webcam", "cell", "portrait")
SENSOR_WIDTH = 36.0
"""Millimetres, Blender's default; focal lengths below are for it."""


@dataclass(frozen=True)
class Camera:
    """position, target: [3] metres; roll: radians; focal: millimetres on a 36 mm wide sensor;
    blur: f-number of the aperture, 0 for everything sharp."""

    position: Vector
    target: Vector
    roll: float
    focal: float
    blur: float


@dataclass(frozen=True)
class Subject:
    """What cameras are placed by: eyes, between [3]: middle of the eyes; forward: horizontal
    unit vector out of the face; targets: [k, 3] points worth looking at."""

    eyes: Vector
    forward: Vector
    targets: Vector


def rotation(camera: Camera) -> NDArray[np.float64]:
    """World from camera, [3, 3]: x right, y up, z backwards (Blender's and OpenGL's frame)."""
    back = camera.position - camera.target
    back /= np.linalg.norm(back)
    up = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 0.99 else np.array([0.0, -1.0, 0.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(back, right), back], 1)
    cosine, sine = np.cos(camera.roll), np.sin(camera.roll)
    roll = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    turned: NDArray[np.float64] = frame @ roll
    return turned


def project(camera: Camera, points: Vector, aspect: float) -> NDArray[np.float64]:
    """Projections [n, 3] of points [n, 3]: x and y in 0 to 1 inside the picture (y down) and
    the depth in metres, negative behind the camera. aspect: width by height."""
    local = (points - camera.position) @ rotation(camera)
    depth = -local[:, 2]
    scale = camera.focal / SENSOR_WIDTH / np.maximum(depth, 1e-6)
    x = 0.5 + local[:, 0] * scale
    y = 0.5 - local[:, 1] * scale * aspect
    return np.stack([x, y, depth], 1)


def share_inside(camera: Camera, points: Vector, aspect: float) -> float:
    """Share of points [n, 3] that fall into the picture, whatever may hide them."""
    projected = project(camera, points, aspect)
    inside = (
        (projected[:, 2] > 0.02)
        & (np.abs(projected[:, 0] - 0.5) < 0.5)
        & (np.abs(projected[:, 1] - 0.5) < 0.5)
    )
    return float(inside.mean())


def area_inside(camera: Camera, points: Vector, aspect: float) -> float:
    """Share of the picture covered by the box around the points [n, 3] that fall into it."""
    projected = project(camera, points, aspect)
    ahead = projected[projected[:, 2] > 0.02]
    if not len(ahead):
        return 0.0
    low = np.clip(ahead[:, :2].min(0), 0, 1)
    high = np.clip(ahead[:, :2].max(0), 0, 1)
    return float(np.prod(high - low))


def _direction(
    low: float, high: float, spread: float, forward: Vector, rng: np.random.Generator
) -> Vector:
    """A unit vector ``spread`` radians or less off ``forward`` sideways, raised by low to high."""
    yaw = np.arctan2(forward[1], forward[0]) + rng.uniform(-spread, spread)
    pitch = rng.uniform(low, high)
    return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])


def sample_camera(view: str, subject: Subject, rng: np.random.Generator) -> Camera:
    """A camera of one of ``VIEWS``. Raises ValueError for another name."""
    target = subject.targets[int(rng.integers(len(subject.targets)))] + rng.normal(0, 0.05, 3)
    if view == "head":
        ahead = subject.forward * rng.uniform(0.06, 0.12)
        shift = np.array([*rng.normal(0, 0.02, 2), rng.uniform(-0.03, 0.09)])
        position = subject.eyes + ahead + shift
        focal = rng.uniform(14, 28)
    elif view == "tabletop":
        position = target + _direction(0.0, 0.5, 1.2, subject.forward, rng) * rng.uniform(0.25, 0.7)
        focal = rng.uniform(18, 35)
    elif view == "ceiling":
        position = target + _direction(1.15, 1.56, 3.0, subject.forward, rng) * rng.uniform(
            0.5, 1.5
        )
        focal = rng.uniform(22, 45)
    elif view == "side":
        position = target + _direction(-0.1, 0.9, 2.2, subject.forward, rng) * rng.uniform(
            0.35, 1.6
        )
        focal = rng.uniform(20, 50)
    elif view == "webcam":
        position = subject.eyes + _direction(-0.3, 0.25, 0.35, subject.forward, rng) * rng.uniform(
            0.5, 1.1
        )
        target = (target + subject.eyes) / 2 + rng.normal(0, 0.04, 3)
        focal = rng.uniform(22, 40)
    elif view == "cell":
        # Where a robot's cell has its cameras: high up or at a wall, the hands far away.
        position = target + _direction(0.15, 1.56, 3.0, subject.forward, rng) * rng.uniform(
            1.3, 3.0
        )
        focal = rng.uniform(24, 50)
    elif view == "portrait":
        # A photographer's long lens, the face between the middle and the edge.
        position = subject.eyes + _direction(-0.25, 0.3, 0.9, subject.forward, rng) * rng.uniform(
            0.8, 1.8
        )
        target = target + rng.uniform(0.2, 1.0) * (subject.eyes - target)
        focal = rng.uniform(40, 85)
    else:
        raise ValueError(f"view '{view}' is not known: use one of {', '.join(VIEWS)}")
    blur = float(rng.choice([0.0, rng.uniform(1.4, 5.0)], p=[0.75, 0.25]))
    return Camera(position, target, float(rng.normal(0, 0.12)), float(focal), blur)
