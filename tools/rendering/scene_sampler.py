"""Decides a whole scene from a seed, with numpy alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering import cameras, environments, furnishing, lighting, surfaces
from rendering.body import BodyLibrary
from rendering.cameras import Camera
from rendering.environments import Environment
from rendering.people import hand_points, sample_people, subject_of
from rendering.robots import sample_robot
from rendering.scene_spec import (
    ImageAssets,
    PersonSpec,
    PropSpec,
    RoomSpec,
    SceneConfig,
    SceneSpec,
)

Vector = NDArray[np.float64]


def _cameras(
    library: BodyLibrary,
    people: tuple[PersonSpec, ...],
    hand_free: bool,
    environment: Environment,
    config: SceneConfig,
    rng: np.random.Generator,
) -> tuple[Camera, ...]:
    """Cameras whose picture has a hand of sensible size in it, or none, judged by projection."""
    hands = hand_points(library, people)
    aspect = config.width / config.height
    shares = environment.view_chances(hand_free)
    view = str(rng.choice(cameras.VIEWS, p=shares))
    found: list[Camera] = []
    for attempt in range(400):
        # One view seldom fits every pose, and a scene is worth seeing from several sides.
        if attempt % 8 == 7 or (found and rng.random() < 0.5):
            view = str(rng.choice(cameras.VIEWS, p=shares))
        person = people[int(rng.integers(len(people)))]
        subject = subject_of(library, person, hand_free)
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


def _is_free(camera: Camera, library: BodyLibrary, people: tuple[PersonSpec, ...]) -> bool:
    """Whether the camera stands outside the bodies and not against a hand."""
    for person in people:
        points = person.to_world(library.vertices[person.pose][::5])
        distance = np.linalg.norm(points - camera.position, axis=1)
        if distance.min() < 0.045:
            return False
    return True


def sample_scene(
    library: BodyLibrary, assets: ImageAssets, config: SceneConfig, seed: tuple[int, int]
) -> SceneSpec:
    """The scene of ``seed`` (batch, number); the same arguments give the same scene."""
    rng = np.random.default_rng(seed)
    hand_free = bool(rng.random() < config.hand_free)
    environment = environments.draw(rng)
    while True:
        people = sample_people(library, hand_free, environment, assets.skins, rng)
        found = _cameras(library, people, hand_free, environment, config, rng)
        if found:
            break
    table = furnishing.sample_table(library, people, environment.steel, assets, rng)
    props = furnishing.sample_props(library, people, table, rng)
    if environment.steel and rng.random() < 0.75:
        palms = people[0].to_world(library.palm[people[0].pose])
        ground = float(table.position[2]) if table else _lowest(library, people)
        props += sample_robot(palms[int(rng.integers(2))], ground, rng)
    studio = bool(rng.random() < environment.studio)
    return SceneSpec(
        hand_free=hand_free,
        people=people,
        props=props,
        room=_room(_lowest(library, people), table, environment.steel, studio, assets, rng),
        lights=lighting.sample_lights(found[0].target, found[0], studio, rng),
        cameras=found,
        exposure=float(rng.normal(0, 0.45)),
        view_transform=str(rng.choice(("Standard", "Filmic", "AgX"), p=(0.4, 0.3, 0.3))),
        jpeg_quality=int(rng.integers(65, 96)),
    )


def _lowest(library: BodyLibrary, people: tuple[PersonSpec, ...]) -> float:
    bodies = [person.to_world(library.vertices[person.pose][::20]) for person in people]
    return float(np.concatenate(bodies)[:, 2].min())


def _room(
    lowest: float,
    table: PropSpec | None,
    steel: bool,
    studio: bool,
    assets: ImageAssets,
    rng: np.random.Generator,
) -> RoomSpec:
    """The room around people whose feet are at the height ``lowest``, in metres."""
    floor, wall = surfaces.furniture(assets.tables, rng), surfaces.wall(assets.rooms, rng)
    if steel:
        floor, wall = surfaces.machine(rng), surfaces.machine(rng)
    distance = float(rng.choice([0.0, rng.uniform(0.7, 2.5)], p=[0.35, 0.65]))
    ambient, panorama = float(rng.uniform(0.15, 1.1)), _panorama(assets, rng)
    sky = rng.uniform(0.5, 1.0) * rng.uniform(0.75, 1.0, 3)
    if studio:
        # A paper background, black, grey or white, far enough to stay out of the lamp's light.
        wall = surfaces.paper(rng)
        distance, ambient, panorama = float(rng.uniform(1.0, 2.5)), float(rng.uniform(0.0, 0.3)), ""
    return RoomSpec(
        table=table,
        floor=lowest - float(rng.uniform(0.0, 0.02)),
        floor_surface=floor,
        wall=distance,
        wall_surface=wall,
        sky=surfaces.as_colour(sky),
        ambient=ambient,
        panorama=panorama,
    )


def _panorama(assets: ImageAssets, rng: np.random.Generator) -> str:
    """A file for the world: a true panorama, or a picture of a room that is bent into one."""
    true = bool(assets.panoramas) and (not assets.rooms or rng.random() < 0.4)
    names = assets.panoramas if true else assets.rooms
    if names and rng.random() < 0.7:
        return names[int(rng.integers(len(names)))]
    return ""
