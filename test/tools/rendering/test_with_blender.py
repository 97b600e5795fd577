"""Guards the rendering itself: exact ids at the hands' places, no hands where none are wanted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("bpy", reason="bpy is not installed: see requirements/render.txt")

from rendering import cameras, ids, rgbd, surfaces
from rendering.body import BodyLibrary
from rendering.people import hand_points
from rendering.scene_builder import panoramas
from rendering.scene_sampler import sample_scene
from rendering.scene_spec import ImageAssets, SceneConfig
from rendering.scenes import render_batch, render_scene
from rendering.skins import SkinPhoto

pytestmark = pytest.mark.slow

SMALL = SceneConfig(width=160, height=128, samples=2, hand_free=0.0)


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture


def _misfit(found: np.ndarray, hands: list[np.ndarray], camera: cameras.Camera) -> float:
    """Return the most pixels by which an id reaches out of its hand's projected box."""
    height, width = found.shape
    worst = 0.0
    for instance in np.unique(found[found > 0]):
        places = cameras.project(camera, hands[instance - 1], width / height)[:, :2]
        low, high = places.min(0) * [width, height], places.max(0) * [width, height]
        rows, columns = np.nonzero(found == instance)
        seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        worst = max(worst, *(low - seen[:2]), *(seen[2:] - high))
    return float(worst)


def test_ids_lie_where_their_hands_project(boxes: BodyLibrary, tmp_path: Path) -> None:
    rendered = 0
    for number in range(5):
        spec = sample_scene(boxes, ImageAssets(), SMALL, (7, number))
        hands = hand_points(boxes, spec.people)
        for name in render_scene(boxes, spec, SMALL, tmp_path, f"scene{number}"):
            rendered += 1
            assert _read(tmp_path / "images" / f"{name}.jpg").shape == (128, 160, 3)
            found = ids.decode(_read(tmp_path / "ids" / f"{name}.png"))
            assert min(_misfit(found, hands, camera) for camera in spec.cameras) <= 1.0
    assert rendered >= 8


def test_depth_is_the_distance_of_the_hands_in_millimetres(
    boxes: BodyLibrary, tmp_path: Path
) -> None:
    config = replace(SMALL, depth=True, views=1, camera_tries=1)
    for number in range(6):
        spec = sample_scene(boxes, ImageAssets(), config, (8, number))
        for name in render_scene(boxes, spec, config, tmp_path, f"scene{number}"):
            depth = _read(tmp_path / "depth" / f"{name}.png")
            found = ids.decode(_read(tmp_path / "ids" / f"{name}.png"))
            assert depth.dtype == np.uint16
            for instance in np.unique(found[found > 0]):
                points = hand_points(boxes, spec.people)[instance - 1]
                along = cameras.project(spec.cameras[0], points, 1.25)[:, 2] * 1000
                seen = depth[found == instance]
                # Gloves stand off the skin by some millimetres.
                assert along.min() - 6 <= seen.min()
                assert seen.max() <= along.max() + 6
    assert list((tmp_path / "depth").iterdir())


def test_positions_are_those_of_depth_and_calibration(boxes: BodyLibrary, tmp_path: Path) -> None:
    config = replace(SMALL, depth=True)
    frames = [rgbd.render_frame(boxes, number, config, tmp_path) for number in (0, 5, 10)]

    calibration = yaml.safe_load(rgbd.calibration(config))
    k = np.array(calibration["camera_matrix"]["data"]).reshape(3, 3)
    for number, hands in zip((0, 5, 10), frames, strict=True):
        depth = _read(tmp_path / "depth" / f"{number:02d}.png") / 1000
        found = ids.decode(_read(tmp_path / "ids" / f"{number:02d}.png"))
        assert _read(tmp_path / "images" / f"{number:02d}.jpg").shape == (128, 160, 3)
        assert [hand.side for hand in hands] == ["LEFT", "RIGHT"]
        for hand in hands:
            rows, columns = np.nonzero(found == hand.id)
            assert len(rows) == hand.pixels
            z = depth[rows, columns]
            x, y = (columns - k[0, 2]) / k[0, 0] * z, (rows - k[1, 2]) / k[1, 1] * z
            np.testing.assert_allclose(np.median((x, y, z), axis=1), hand.position, atol=0.001)


def test_the_camera_goes_back_from_the_hands(boxes: BodyLibrary) -> None:
    for distance in (0.3, 1.5):
        camera = rgbd.camera_at(boxes, 0, distance)
        (middle,) = rgbd.in_optical_frame(camera, boxes.palm[0].mean(0, keepdims=True))
        np.testing.assert_allclose(middle, (0.0, 0.0, distance), atol=1e-6)


def test_a_photographed_skin_shows_its_own_colours(boxes: BodyLibrary, tmp_path: Path) -> None:
    """The same scene, lit alike, with a skin that is blue on the hands and one that is red."""
    config = replace(SMALL, samples=4, views=1)
    means = []
    for name, bgr in (("blue", (220, 60, 60)), ("red", (60, 60, 220))):
        file = tmp_path / f"{name}.png"
        cv2.imwrite(str(file), np.full((16, 16, 3), bgr, np.uint8))
        spec = sample_scene(boxes, ImageAssets(), config, (7, 1))
        # Its own albedo as the person's: the picture is shown as it is.
        linear = ((np.array(bgr[::-1]) / 255 + 0.055) / 1.055) ** 2.4
        colour = surfaces.as_colour(linear)
        people = tuple(
            replace(
                person,
                albedo=colour,
                photo=SkinPhoto(str(file), colour),
                outfit=replace(person.outfit, glove=0.0),
            )
            for person in spec.people
        )
        spec = replace(spec, people=people)
        (picture,) = render_scene(boxes, spec, config, tmp_path, name)
        hand = _read(tmp_path / "ids" / f"{picture}.png") > 0
        means.append(_read(tmp_path / "images" / f"{picture}.jpg")[hand].mean(axis=0))
    assert means[0][0] > 1.2 * means[0][2]
    assert means[1][2] > 1.2 * means[1][0]


def test_steel_cells_with_robots_are_rendered(boxes: BodyLibrary, tmp_path: Path) -> None:
    config = replace(SMALL, views=1)
    specs = (sample_scene(boxes, ImageAssets(), config, (5, number)) for number in range(60))
    spec = next(
        spec
        for spec in specs
        if len(spec.props) >= 10 and spec.room.floor_surface.pattern == "metal"
    )
    (picture,) = render_scene(boxes, spec, config, tmp_path, "cell")
    assert _read(tmp_path / "images" / f"{picture}.jpg").std() > 5


def test_blender_brings_panoramas() -> None:
    assert {Path(file).stem for file in panoramas()} >= {"interior", "studio"}


def test_hand_free_scenes_hold_no_ids(boxes: BodyLibrary, tmp_path: Path) -> None:
    config = SceneConfig(width=160, height=128, samples=1, hand_free=1.0)
    assert render_batch(boxes, ImageAssets(), config, seed=3, count=3, out=tmp_path) > 0
    for path in (tmp_path / "ids").iterdir():
        assert not _read(path).any()


def test_the_same_seed_gives_the_same_files(boxes: BodyLibrary, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        render_batch(boxes, ImageAssets(), SMALL, seed=11, count=2, out=tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one" / "ids").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two" / "ids").iterdir())
    assert names
    for name in names:
        one, two = (_read(tmp_path / folder / "ids" / name) for folder in ("one", "two"))
        np.testing.assert_array_equal(one, two)
        pictures = [
            (tmp_path / folder / "images" / name).with_suffix(".jpg").read_bytes()
            for folder in ("one", "two")
        ]
        assert pictures[0] == pictures[1]


def test_a_finished_scene_is_not_rendered_again(boxes: BodyLibrary, tmp_path: Path) -> None:
    first = render_batch(boxes, ImageAssets(), SMALL, seed=11, count=2, out=tmp_path)
    assert first > 0
    again = render_batch(boxes, ImageAssets(), SMALL, seed=11, count=2, out=tmp_path)
    assert again == 0
