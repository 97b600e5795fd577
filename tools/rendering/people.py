"""Who is in a scene: people of the library, dressed, coloured and placed (numpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering import surfaces
from rendering.body import BodyLibrary, Part
from rendering.cameras import Subject
from rendering.clothing import sample_outfit
from rendering.environments import Environment
from rendering.scene_spec import PersonSpec, yaw_matrix
from rendering.skin_tones import MONK_SCALE, skin_albedo
from rendering.skins import SkinPhoto, choose
from rendering.surfaces import Colour

Vector = NDArray[np.float64]

IDLE_ACTIVITIES = ("hang", "behind")
"""Activities whose hands are seldom in view."""


def _choose_pose(library: BodyLibrary, wanted: NDArray[np.bool_], rng: np.random.Generator) -> int:
    candidates = np.flatnonzero(wanted)
    if not len(candidates):
        candidates = np.arange(len(library))
    return int(candidates[int(rng.integers(len(candidates)))])


def _hair_colour(rng: np.random.Generator) -> Colour:
    shades: tuple[Colour, ...] = (
        (0.01, 0.008, 0.006),
        (0.03, 0.015, 0.008),
        (0.12, 0.06, 0.025),
        (0.4, 0.25, 0.1),
        (0.25, 0.06, 0.015),
        (0.35, 0.34, 0.33),
    )
    return shades[int(rng.choice(len(shades), p=[0.35, 0.27, 0.15, 0.1, 0.05, 0.08]))]


def sample_person(
    library: BodyLibrary, pose: int, rotation: Vector, position: Vector, rng: np.random.Generator
) -> PersonSpec:
    """A person in one of the library's poses with looks of their own."""
    tone = int(rng.integers(1, len(MONK_SCALE) + 1))
    irises = ((0.05, 0.02, 0.01), (0.02, 0.01, 0.005), (0.1, 0.15, 0.25), (0.08, 0.1, 0.03))
    return PersonSpec(
        pose=pose,
        rotation=rotation,
        position=position,
        tone=tone,
        albedo=surfaces.as_colour(skin_albedo(tone, rng)),
        hair=_hair_colour(rng),
        iris=irises[int(rng.integers(len(irises)))],
        freckles=float(rng.choice([0.0, rng.uniform(0.2, 0.8)], p=[0.7, 0.3])),
        gloss=float(rng.uniform(0.35, 0.62)),
        outfit=sample_outfit(rng),
        top=surfaces.cloth(rng),
        bottom=surfaces.cloth(rng),
        glove=surfaces.thing(rng),
        strap=surfaces.thing(rng),
        seed=int(rng.integers(2**31)),
    )


def sample_people(
    library: BodyLibrary,
    hand_free: bool,
    environment: Environment,
    skins: tuple[SkinPhoto, ...],
    rng: np.random.Generator,
) -> tuple[PersonSpec, ...]:
    """One or two people; the second sits opposite, or beside the first.

    skins: photographs that nine of ten people's skins show, if there are any.
    """
    people = _sample_bodies(library, hand_free, environment, rng)
    if not skins:
        return people
    return tuple(
        replace(person, photo=choose(skins, person.albedo, rng)) if rng.random() < 0.9 else person
        for person in people
    )


def _sample_bodies(
    library: BodyLibrary, hand_free: bool, environment: Environment, rng: np.random.Generator
) -> tuple[PersonSpec, ...]:
    idle = np.isin(library.activity, IDLE_ACTIVITIES)
    wanted = idle if hand_free and rng.random() < 0.6 else ~idle
    if environment.activities and not hand_free:
        wanted = np.isin(library.activity, environment.activities)
    pose = _choose_pose(library, wanted, rng)
    first = sample_person(library, pose, yaw_matrix(rng.uniform(-0.15, 0.15)), np.zeros(3), rng)
    if rng.random() < environment.alone:
        return (first,)
    pose = _choose_pose(library, wanted, rng)
    meeting = first.to_world(library.palm[first.pose]).mean(0)
    meeting += rng.normal(0, 1, 3) * [0.1, 0.06, 0.03]
    if rng.random() < 0.65:
        rotation = yaw_matrix(np.pi + rng.uniform(-0.45, 0.45))
        position = meeting - rotation @ library.palm[pose].mean(0)
        position[1] = min(position[1], -0.75)
    else:
        outward = rng.choice((-1.0, 1.0))
        rotation = yaw_matrix(-outward * rng.uniform(0.0, 0.5))
        position = np.array([outward * rng.uniform(0.5, 0.75), rng.uniform(-0.2, 0.2), 0.0])
    return first, sample_person(library, pose, rotation, position, rng)


def part_points(library: BodyLibrary, person: PersonSpec, parts: tuple[Part, ...]) -> Vector:
    """World vertices [n, 3] of some of a person's parts."""
    used = np.unique(library.faces[np.isin(library.part, parts)])
    return person.to_world(library.vertices[person.pose][used])


def hand_points(library: BodyLibrary, people: tuple[PersonSpec, ...]) -> list[Vector]:
    """World vertices [n, 3] of every hand, in the order of the ids."""
    return [
        part_points(library, person, (part,))
        for person in people
        for part in (Part.LEFT_HAND, Part.RIGHT_HAND)
    ]


def subject_of(library: BodyLibrary, person: PersonSpec, hand_free: bool) -> Subject:
    """What cameras of this person are placed by; scenes without hands look at other parts."""
    pose = person.pose
    eyes = person.to_world(
        np.stack([library.landmark(pose, "eye.L"), library.landmark(pose, "eye.R")])
    )
    left = eyes[0] - eyes[1]
    forward = np.array([left[1], -left[0], 0.0])
    forward /= np.linalg.norm(forward)
    if hand_free:
        names = ("head", "neck01", "lowerarm01.L", "lowerarm01.R", "lowerleg01.L", "spine01")
        body = np.stack([library.landmark(pose, name) for name in names])
        targets = np.concatenate([person.to_world(body), eyes, eyes])
    else:
        palms = person.to_world(library.palm[pose])
        targets = np.concatenate([palms, palms.mean(0, keepdims=True)])
    return Subject(eyes.mean(0), forward, targets)
