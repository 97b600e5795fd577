"""What stands around and what is held: tables, things on them, things in hands (numpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering import surfaces
from rendering.body import BodyLibrary, Part
from rendering.people import IDLE_ACTIVITIES, part_points
from rendering.scene_spec import ImageAssets, PersonSpec, PropSpec, yaw_matrix

Vector = NDArray[np.float64]

TABLE_ACTIVITIES = ("table", "cross", "manipulate", "clasp", "reach")
"""Activities that always have a table."""


def sample_table(
    library: BodyLibrary,
    people: tuple[PersonSpec, ...],
    steel: bool,
    assets: ImageAssets,
    rng: np.random.Generator,
) -> PropSpec | None:
    """A table top under the arms, from a hand's breadth before the first person's trunk."""
    activity = str(library.activity[people[0].pose])
    if activity in IDLE_ACTIVITIES or (activity not in TABLE_ACTIVITIES and rng.random() < 0.6):
        return None
    chest = people[0].to_world(library.landmark(people[0].pose, "spine01")[None])[0]
    edge = chest[1] - rng.uniform(0.2, 0.26)
    arms = np.concatenate(
        [
            part_points(library, person, (Part.ARM, Part.LEFT_HAND, Part.RIGHT_HAND))
            for person in people
        ]
    )
    over = arms[arms[:, 1] < edge]
    lowest = float(over[:, 2].min()) if len(over) else float(chest[2]) - 0.35
    drop = float(rng.choice([0.001, rng.uniform(0.0, 0.12)]))
    top = max(min(lowest, float(chest[2]) - 0.05) - drop, float(chest[2]) - 0.6)
    depth = rng.uniform(0.45, 1.3)
    size = np.array([rng.uniform(0.8, 2.2), depth, 0.03])
    position = np.array([rng.uniform(-0.2, 0.2), edge - depth / 2, top - 0.015])
    surface = surfaces.machine(rng) if steel else surfaces.furniture(assets.tables, rng)
    return PropSpec("box", size, np.eye(3), position, surface)


def _held(
    library: BodyLibrary, person: PersonSpec, column: int, rng: np.random.Generator
) -> PropSpec:
    """A thing in the palm: lengthwise across it, as bottles and handles are held."""
    palm, fingers, normal = (
        values[person.pose, column] for values in (library.palm, library.fingers, library.normal)
    )
    across = np.cross(fingers, normal)
    frame = np.stack([fingers - normal * (fingers @ normal), normal, across], 1)
    frame /= np.linalg.norm(frame, axis=0)
    thickness = rng.uniform(0.006, 0.032)
    shape = str(rng.choice(("cylinder", "box", "ball"), p=[0.5, 0.35, 0.15]))
    length = rng.uniform(0.08, 0.22) if shape != "ball" else 2 * thickness
    width = 2 * thickness * (rng.uniform(1.0, 2.5) if shape == "box" else 1.0)
    centre = palm + normal * (thickness + 0.014) + across * rng.normal(0, 0.02)
    size = np.array([width, 2 * thickness, length])
    position = person.to_world((centre + fingers * 0.02)[None])[0]
    return PropSpec(shape, size, person.rotation @ frame, position, surfaces.thing(rng))


def _lying(top: float, around: Vector, rng: np.random.Generator) -> PropSpec:
    """A thing standing or lying on the table near ``around``."""
    shape = str(rng.choice(("cylinder", "box", "ball", "mug"), p=[0.25, 0.45, 0.1, 0.2]))
    size = (
        rng.uniform(0.02, 0.12, 3)
        if shape == "box"
        else np.array([*[rng.uniform(0.03, 0.09)] * 2, 0])
    )
    if shape == "box":
        size[2] = rng.choice([rng.uniform(0.002, 0.02), size[2]])
        size[:2] *= rng.uniform(1.0, 2.5)
    else:
        size[2] = size[0] if shape == "ball" else rng.uniform(0.04, 0.2)
    position = np.array([*(around[:2] + rng.normal(0, 0.18, 2)), top + size[2] / 2])
    return PropSpec(shape, size, yaw_matrix(rng.uniform(0, 6.3)), position, surfaces.thing(rng))


def sample_props(
    library: BodyLibrary,
    people: tuple[PersonSpec, ...],
    table: PropSpec | None,
    rng: np.random.Generator,
) -> tuple[PropSpec, ...]:
    """Things in hands, and up to six on the table."""
    props = []
    for person in people:
        likely = 0.5 if library.activity[person.pose] == "manipulate" else 0.25
        props += [_held(library, person, k, rng) for k in (0, 1) if rng.random() < likely]
    if table is not None:
        palms = np.concatenate([person.to_world(library.palm[person.pose]) for person in people])
        top = float(table.position[2] + table.size[2] / 2)
        for _ in range(int(rng.integers(0, 7))):
            props.append(_lying(top, palms[int(rng.integers(len(palms)))], rng))
    return tuple(props)
