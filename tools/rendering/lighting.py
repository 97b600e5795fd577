"""The lamps of a scene, decided with numpy."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.cameras import Camera
from rendering.scene_spec import LightSpec
from rendering.surfaces import Colour

Vector = NDArray[np.float64]


def sample_lights(
    target: Vector, camera: Camera, studio: bool, rng: np.random.Generator
) -> tuple[LightSpec, ...]:
    """Lamps that light a camera's target [3]: one to three of a room, or those of a studio."""
    if studio:
        return _studio(target, camera, rng)
    lights = []
    for _ in range(int(rng.choice((1, 2, 3), p=(0.45, 0.35, 0.2)))):
        kind = str(rng.choice(("AREA", "POINT", "SUN"), p=(0.5, 0.3, 0.2)))
        position = target + np.array([*rng.uniform(-1.3, 1.3, 2), rng.uniform(0.2, 1.6)])
        if rng.random() < 0.12:
            position = camera.position + rng.normal(0, 0.06, 3) + [0, 0, 0.06]
        distance = float(np.linalg.norm(position - target))
        sun = kind == "SUN"
        power = rng.uniform(0.5, 4.0) if sun else rng.uniform(6, 30) * max(distance, 0.3) ** 2
        size = {
            "SUN": rng.uniform(0, 0.3),
            "AREA": rng.uniform(0.1, 1.2),
            "POINT": rng.uniform(0, 0.1),
        }
        lights.append(
            LightSpec(kind, float(power), float(size[kind]), position, target, _warmth(rng))
        )
    return tuple(lights)


def _warmth(rng: np.random.Generator) -> Colour:
    """White, yellowish as from a bulb, or bluish."""
    warmth = rng.normal(0, 1)
    return (
        1.0,
        float(np.clip(0.9 - 0.07 * warmth, 0.6, 1)),
        float(np.clip(0.85 - 0.16 * warmth, 0.35, 1)),
    )


def _studio(target: Vector, camera: Camera, rng: np.random.Generator) -> tuple[LightSpec, ...]:
    """One lamp from the side, and sometimes a rim light from behind, as portraits are lit."""
    towards = (camera.position - target) * [1.0, 1.0, 0.0]
    towards /= max(float(np.linalg.norm(towards)), 1e-6)
    aside = np.array([-towards[1], towards[0], 0.0]) * rng.choice((-1.0, 1.0))
    colour = _warmth(rng)
    key = target + towards * rng.uniform(0.1, 1.0) + aside * rng.uniform(0.3, 1.2)
    key += np.array([0.0, 0.0, rng.uniform(0.0, 1.0)])
    strength = rng.uniform(12, 32) * float(((key - target) ** 2).sum())
    lights = [LightSpec("AREA", strength, float(rng.uniform(0.15, 1.0)), key, target, colour)]
    if rng.random() < 0.4:
        rim = target - towards * rng.uniform(0.4, 1.0) - aside * rng.uniform(0.2, 0.8)
        rim += np.array([0.0, 0.0, rng.uniform(0.2, 0.9)])
        strength = rng.uniform(5, 25) * float(((rim - target) ** 2).sum())
        lights.append(LightSpec("AREA", strength, 0.3, rim, target, _warmth(rng)))
    return tuple(lights)
