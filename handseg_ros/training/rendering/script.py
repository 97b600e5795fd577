"""Decides a whole scene from a seed, with numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handseg_ros.training.rendering import cameras, cast, furnishing, surfaces
from handseg_ros.training.rendering.body import BodyLibrary
from handseg_ros.training.rendering.cameras import Camera
from handseg_ros.training.rendering.recipes import (
    LightRecipe,
    PersonRecipe,
    Pictures,
    RoomRecipe,
    SceneConfig,
    SceneRecipe,
)

Vector = NDArray[np.float64]

HAND_FREE_VIEW_SHARES = (0.1, 0.1, 0.08, 0.3, 0.36, 0.06)


def _cameras(
    library: BodyLibrary,
    people: tuple[PersonRecipe, ...],
    hand_free: bool,
    config: SceneConfig,
    rng: np.random.Generator,
) -> tuple[Camera, ...]:
    """Cameras whose picture has a hand of sensible size in it, or none, judged by projection."""
    hands = cast.hand_points(library, people)
    aspect = config.width / config.height
    shares = np.array(HAND_FREE_VIEW_SHARES if hand_free else cameras.VIEW_SHARES)
    view = str(rng.choice(cameras.VIEWS, p=shares))
    found: list[Camera] = []
    for attempt in range(400):
        # One view seldom fits every pose, and a scene is worth seeing from several sides.
        if attempt % 8 == 7 or (found and rng.random() < 0.5):
            view = str(rng.choice(cameras.VIEWS, p=shares))
        person = people[int(rng.integers(len(people)))]
        subject = cast.subject_of(library, person, hand_free)
        camera = cameras.sample_camera(view, subject, rng)
        if hand_free:
            inside = max(cameras.share_inside(camera, points, aspect) for points in hands)
            # Hands behind a back may be hidden though they project into the picture.
            fits = inside == 0 or library.activity[person.pose] == "behind"
        else:
            area = max(cameras.area_inside(camera, points, aspect) for points in hands)
            inside = max(cameras.share_inside(camera, points, aspect) for points in hands)
            fits = inside > 0.5 and 2 * config.smallest < area < 1.5 * config.largest
        if fits and _is_free(camera, library, people):
            found.append(camera)
        if len(found) == config.camera_tries:
            break
    return tuple(found)


def _is_free(camera: Camera, library: BodyLibrary, people: tuple[PersonRecipe, ...]) -> bool:
    """Whether the camera stands outside the bodies and not against a hand."""
    for person in people:
        points = person.to_world(library.vertices[person.pose][::5])
        distance = np.linalg.norm(points - camera.place, axis=1)
        if distance.min() < 0.045:
            return False
    return True


def _lights(target: Vector, camera: Camera, rng: np.random.Generator) -> tuple[LightRecipe, ...]:
    lights = []
    for _ in range(int(rng.choice((1, 2, 3), p=(0.45, 0.35, 0.2)))):
        kind = str(rng.choice(("AREA", "POINT", "SUN"), p=(0.5, 0.3, 0.2)))
        offset = np.array([*rng.uniform(-1.3, 1.3, 2), rng.uniform(0.2, 1.6)])
        place = target + offset
        if rng.random() < 0.12:
            place = camera.place + rng.normal(0, 0.06, 3) + [0, 0, 0.06]
        distance = float(np.linalg.norm(place - target))
        sun = kind == "SUN"
        power = rng.uniform(0.5, 4.0) if sun else rng.uniform(6, 30) * max(distance, 0.3) ** 2
        size = {
            "SUN": rng.uniform(0, 0.3),
            "AREA": rng.uniform(0.1, 1.2),
            "POINT": rng.uniform(0, 0.1),
        }
        warmth = rng.normal(0, 1)
        colour = (
            1.0,
            float(np.clip(0.9 - 0.07 * warmth, 0.6, 1)),
            float(np.clip(0.85 - 0.16 * warmth, 0.35, 1)),
        )
        lights.append(LightRecipe(kind, float(power), float(size[kind]), place, target, colour))
    return tuple(lights)


def sample_scene(
    library: BodyLibrary, pictures: Pictures, config: SceneConfig, seed: tuple[int, int]
) -> SceneRecipe:
    """The scene of ``seed`` (batch, number); the same arguments give the same scene."""
    rng = np.random.default_rng(seed)
    hand_free = bool(rng.random() < config.hand_free)
    while True:
        people = cast.sample_people(library, hand_free, rng)
        found = _cameras(library, people, hand_free, config, rng)
        if found:
            break
    table = furnishing.sample_table(library, people, pictures, rng)
    bodies = np.concatenate([p.to_world(library.vertices[p.pose][::20]) for p in people])
    room = RoomRecipe(
        table=table,
        floor=float(bodies[:, 2].min()) - float(rng.uniform(0.0, 0.02)),
        floor_surface=surfaces.furniture(pictures.tables, rng),
        wall=float(rng.choice([0.0, rng.uniform(0.7, 2.5)], p=[0.35, 0.65])),
        wall_surface=surfaces.wall(pictures.rooms, rng),
        sky=surfaces.as_colour(rng.uniform(0.5, 1.0) * rng.uniform(0.75, 1.0, 3)),
        ambient=float(rng.uniform(0.15, 1.1)),
        panorama=_panorama(pictures, rng),
    )
    return SceneRecipe(
        hand_free=hand_free,
        people=people,
        props=furnishing.sample_props(library, people, table, rng),
        room=room,
        lights=_lights(found[0].target, found[0], rng),
        cameras=found,
        exposure=float(rng.normal(0, 0.45)),
        look=str(rng.choice(("Standard", "Filmic", "AgX"), p=(0.4, 0.3, 0.3))),
        jpeg_quality=int(rng.integers(65, 96)),
    )


def _panorama(pictures: Pictures, rng: np.random.Generator) -> str:
    """A file for the world: a true panorama, or a picture of a room that is bent into one."""
    true = bool(pictures.panoramas) and (not pictures.rooms or rng.random() < 0.4)
    names = pictures.panoramas if true else pictures.rooms
    if names and rng.random() < 0.7:
        return names[int(rng.integers(len(names)))]
    return ""
