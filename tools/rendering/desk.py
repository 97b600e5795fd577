"""The repository's own scene: a person at a desk who moves both hands, and a mug (numpy).

Nothing but geometry and procedural materials goes in, so pictures of it are free to publish.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rendering.body import BodyLibrary
from rendering.cameras import Camera
from rendering.clothing import Outfit
from rendering.people import sample_person
from rendering.scene_spec import (
    LightSpec,
    PersonSpec,
    PropSpec,
    RoomSpec,
    SceneSpec,
)
from rendering.surfaces import Surface

_OUTFIT = Outfit(
    sleeve=1.3,
    trouser=2.0,
    looseness=0.012,
    folds=0.005,
    hair=0.016,
    beard=0.0,
    glove=0.0,
    cuff=2.0,
    strap=0.0,
)


def _surface(
    pattern: str,
    colour: tuple[float, float, float],
    second: tuple[float, float, float],
    scale: float,
) -> Surface:
    return Surface(pattern, colour, second, scale, 0.6)


def _person(library: BodyLibrary, pose: int) -> PersonSpec:
    drawn = sample_person(library, pose, np.eye(3), np.zeros(3), np.random.default_rng(5))
    return replace(
        drawn,
        tone=5,
        albedo=(0.5, 0.29, 0.19),
        hair=(0.03, 0.016, 0.009),
        iris=(0.05, 0.025, 0.012),
        freckles=0.0,
        gloss=0.48,
        outfit=_OUTFIT,
        top=_surface("plain", (0.06, 0.14, 0.22), (0.05, 0.1, 0.2), 0.05),
        bottom=_surface("plain", (0.05, 0.05, 0.06), (0.05, 0.05, 0.06), 0.05),
    )


def _box(
    size: tuple[float, float, float], position: tuple[float, float, float], surface: Surface
) -> PropSpec:
    return PropSpec("box", np.array(size), np.eye(3), np.array(position), surface)


def _room(library: BodyLibrary, chest: np.ndarray) -> RoomSpec:
    oak = _surface("wood", (0.33, 0.19, 0.1), (0.24, 0.13, 0.065), 0.03)
    # The lowest the palms come to, less half the thickness of a hand.
    top = float(library.palm[..., 2].min()) - 0.03
    return RoomSpec(
        table=_box((1.8, 0.8, 0.03), (0.0, float(chest[1]) - 0.62, top - 0.015), oak),
        floor=float(library.vertices[..., 2].min()),
        floor_surface=_surface("plain", (0.25, 0.25, 0.25), (0.2, 0.2, 0.2), 0.1),
        wall=1.5,
        wall_surface=_surface("mottled", (0.5, 0.52, 0.5), (0.46, 0.5, 0.49), 0.5),
        sky=(0.85, 0.92, 1.0),
        ambient=0.35,
        panorama="",
    )


def _lights(chest: np.ndarray) -> tuple[LightSpec, ...]:
    window = LightSpec(
        "AREA", 34.0, 0.6, chest + np.array([1.1, -1.1, 0.9]), chest, (1.0, 0.97, 0.92)
    )
    lamp = LightSpec("AREA", 9.0, 0.4, chest + np.array([-1.2, -0.4, 0.7]), chest, (1.0, 0.8, 0.6))
    return window, lamp


def webcam(library: BodyLibrary) -> Camera:
    """A webcam on the desk, before the person."""
    chest = library.landmark(0, "neck01").astype(float)
    target = chest + np.array([0.0, -0.22, -0.08])
    return Camera(target + np.array([0.05, -0.78, 0.26]), target, 0.0, 32.0, 0.0)


def compose(library: BodyLibrary, frame: int, camera: Camera) -> SceneSpec:
    """The desk scene with the person in one frame of a motion, seen by one camera."""
    chest = library.landmark(0, "neck01").astype(float)
    room = _room(library, chest)
    assert room.table is not None
    top = float(room.table.position[2]) + 0.015
    mug = _surface("plain", (0.6, 0.12, 0.05), (0.6, 0.12, 0.05), 0.05)
    cup = PropSpec(
        "mug",
        np.array([0.08, 0.08, 0.095]),
        np.eye(3),
        np.array([-0.34, float(chest[1]) - 0.3, top + 0.0475]),
        mug,
    )
    return SceneSpec(
        hand_free=False,
        people=(_person(library, frame),),
        props=(cup,),
        room=room,
        lights=_lights(chest),
        cameras=(camera,),
        exposure=-0.15,
        view_transform="Standard",
        jpeg_quality=95,
    )
