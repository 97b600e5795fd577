"""Renders scenes with people: pictures and instance ids of hands (``bpy``).

usage: PYTHONPATH=tools python -m rendering.scenes --seed 1 --count 100 --poses poses.npz \
           --out DIR [--backgrounds FOLDER [--only NAME ...]] [--skins FOLDER] [--depth]
           [--hand-free SHARE]

A scene is seen from several cameras. DIR/images/SEED_NUMBER_VIEW.jpg is a picture,
DIR/ids/SEED_NUMBER_VIEW.png its ids (see ``ids``), DIR/depth/SEED_NUMBER_VIEW.png its depth in
millimetres, and DIR/facts/SEED_NUMBER.json tells who is in the scene (see ``scene_metadata``).
That is written last, and a scene that has it is skipped, so an interrupted run can be taken
up again.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rendering import render_passes, scene_builder, scene_metadata
from rendering.body import BodyLibrary
from rendering.image_assets import find_image_assets
from rendering.person_builder import PersonBuilder
from rendering.scene_sampler import sample_scene
from rendering.scene_spec import ImageAssets, SceneConfig, SceneSpec
from rendering.skins import find_skins


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Blender's own progress lines off standard output."""
    saved, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(sink)


def build_scene(library: BodyLibrary, spec: SceneSpec, config: SceneConfig, threads: int) -> None:
    """Set up a scene in Blender, seen through its first camera."""
    render_passes.start_scene(config, threads)
    for number, person in enumerate(spec.people):
        PersonBuilder(library, person, number).build()
    for prop in spec.props:
        scene_builder.add_prop(prop)
    for light in spec.lights:
        scene_builder.add_light(light)
    scene_builder.place_camera(spec.cameras[0])
    scene_builder.add_room(spec.room, spec.cameras[0])


def is_wanted(hands: NDArray[np.uint8], spec: SceneSpec, config: SceneConfig) -> bool:
    """Whether ids [height, width] show what the scene is for: no hand, or hands of good size."""
    share = float((hands > 0).mean())
    return share == 0 if spec.hand_free else config.smallest <= share <= config.largest


def render_scene(
    library: BodyLibrary, spec: SceneSpec, config: SceneConfig, out: Path, name: str
) -> list[str]:
    """Write the pictures of one scene and their ids; returns their names, none when no camera
    shows what it should."""
    build_scene(library, spec, config, threads=1)
    written: list[str] = []
    for camera in spec.cameras:
        scene_builder.place_camera(camera)
        picture = f"{name}_{len(written)}"
        ids_path = out / "ids" / f"{picture}.png"
        if not is_wanted(render_passes.render_ids(ids_path), spec, config):
            ids_path.unlink()
            continue
        if config.depth:
            render_passes.render_depth(out / "depth" / f"{picture}.png")
        render_passes.render_picture(
            out / "images" / f"{picture}.jpg", spec, config, spec.people[0].seed + len(written)
        )
        written.append(picture)
        if len(written) == config.views:
            break
    return written


def render_batch(
    library: BodyLibrary, assets: ImageAssets, config: SceneConfig, seed: int, count: int, out: Path
) -> int:
    """Render scenes ``0`` to ``count - 1`` of a batch; returns how many pictures were written."""
    written = 0
    bar = tqdm(range(count), desc="scenes", unit="scene")
    for number in bar:
        name = f"{seed:04d}_{number:05d}"
        if scene_metadata.path(out, name).exists():
            continue
        spec = sample_scene(library, assets, config, (seed, number))
        with quiet():
            written += len(render_scene(library, spec, config, out, name))
        scene_metadata.write(spec, scene_metadata.path(out, name))
        bar.set_postfix(pictures=written)
    return written


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--poses", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, help="folder of folders of pictures")
    parser.add_argument("--only", nargs="*", default=[], help="folders of FOLDER to take")
    parser.add_argument("--skins", type=Path, help="folder that `skins` wrote")
    parser.add_argument("--hand-free", type=float, help="share of scenes without a hand")
    parser.add_argument("--depth", action="store_true", help="write depth too")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    library = BodyLibrary.load(arguments.poses)
    assets = ImageAssets()
    if arguments.backgrounds:
        assets = find_image_assets(arguments.backgrounds, arguments.only)
    skins = find_skins(arguments.skins) if arguments.skins else ()
    assets = replace(assets, panoramas=scene_builder.panoramas(), skins=skins)
    config = SceneConfig(depth=arguments.depth)
    if arguments.hand_free is not None:
        config = replace(config, hand_free=arguments.hand_free)
    written = render_batch(library, assets, config, arguments.seed, arguments.count, arguments.out)
    print(f"{written} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
