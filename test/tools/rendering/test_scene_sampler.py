"""Guards what is decided before rendering: seeds, ids, tones, cameras, clothes, files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from handseg_ros.segmentation.errors import MediaError
from rendering import cameras, clothing, environments, ids, lighting, scene_metadata
from rendering.body import BodyLibrary, Part
from rendering.cameras import Camera, Subject
from rendering.image_assets import find_image_assets
from rendering.people import hand_points
from rendering.robots import elbow, sample_robot
from rendering.scene_sampler import sample_scene
from rendering.scene_spec import ImageAssets, SceneConfig, SceneSpec
from rendering.skin_tones import MONK_SCALE, skin_albedo, srgb_to_linear
from rendering.skins import SkinPhoto

ASPECT = 320 / 256


def _assert_same(one: object, other: object) -> None:
    np.testing.assert_equal(one, other)


def _scene(library: BodyLibrary, number: int, config: SceneConfig | None = None) -> SceneSpec:
    return sample_scene(library, ImageAssets(), config or SceneConfig(), (1, number))


def test_a_seed_gives_the_same_scene_and_another_seed_another(boxes: BodyLibrary) -> None:
    _assert_same(asdict(_scene(boxes, 3)), asdict(_scene(boxes, 3)))
    with pytest.raises(AssertionError):
        _assert_same(asdict(_scene(boxes, 3)), asdict(_scene(boxes, 4)))


def test_scenes_vary_in_people_and_in_hands(boxes: BodyLibrary) -> None:
    scenes = [_scene(boxes, number) for number in range(60)]
    assert {len(scene.people) for scene in scenes} == {1, 2}
    assert 8 <= sum(scene.hand_free for scene in scenes) <= 32
    assert len({scene.people[0].tone for scene in scenes}) >= 8


@pytest.mark.parametrize("hand_free", [0.0, 1.0])
def test_cameras_see_hands_only_where_hands_are_wanted(
    boxes: BodyLibrary, hand_free: float
) -> None:
    config = SceneConfig(hand_free=hand_free)
    for number in range(20):
        scene = _scene(boxes, number, config)
        hands = hand_points(boxes, scene.people)
        for camera in scene.cameras:
            seen = max(cameras.share_inside(camera, points, ASPECT) for points in hands)
            assert seen == 0 if hand_free else seen > 0.5


def test_ids_are_written_as_the_training_data_expects() -> None:
    assert (ids.left_hand(0), ids.right_hand(0), ids.left_hand(1), ids.right_hand(1)) == (
        1,
        2,
        3,
        4,
    )
    every = np.arange(ids.HIGHEST + 1, dtype=np.uint8)
    np.testing.assert_array_equal(ids.encode(every)[:5], [0, 26, 51, 77, 102])
    np.testing.assert_array_equal(ids.decode(ids.encode(every)), every)
    with pytest.raises(ValueError, match="id 11"):
        ids.encode(np.array([11], np.uint8))


def test_the_monk_scale_has_ten_tones_from_light_to_dark() -> None:
    assert len(MONK_SCALE) == 10
    light = [float(srgb_to_linear(tone) @ [0.2126, 0.7152, 0.0722]) for tone in MONK_SCALE]
    assert light[0] > 0.8
    assert light[-1] < 0.03
    assert light[3:] == sorted(light[3:], reverse=True)
    np.testing.assert_allclose(srgb_to_linear("#ffffff"), 1.0)
    np.testing.assert_allclose(srgb_to_linear("#808080"), 0.2159, atol=1e-3)


def test_skin_reflects_more_red_than_blue_whatever_the_tone() -> None:
    rng = np.random.default_rng(0)
    for tone in range(1, 11):
        red, green, blue = skin_albedo(tone, rng)
        assert 0.0 < blue < green < red < 0.75
    with pytest.raises(IndexError, match="skin tone 11"):
        skin_albedo(11, rng)


def test_projection_puts_the_target_in_the_middle_and_up_up() -> None:
    camera = Camera(np.array([0.0, -2.0, 0.5]), np.zeros(3), 0.0, 36.0, 0.0)
    points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.2], [0.2, 0.0, 0.0], [0.0, -4.0, 0.0]])
    places = cameras.project(camera, points, ASPECT)
    np.testing.assert_allclose(places[0, :2], 0.5)
    assert places[0, 2] == pytest.approx(np.hypot(2.0, 0.5))
    assert places[1, 1] < 0.5
    assert places[2, 0] > 0.5
    assert places[3, 2] < 0


@pytest.mark.parametrize("view", cameras.VIEWS)
def test_camera_frames_are_rotations(view: str) -> None:
    targets = np.array([[0.0, -0.4, 0.1]])
    subject = Subject(np.array([0.0, -0.2, 0.7]), np.array([0.0, -1.0, 0.0]), targets)
    camera = cameras.sample_camera(view, subject, np.random.default_rng(0))
    frame = cameras.rotation(camera)
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1.0)


def test_an_unknown_view_is_named() -> None:
    subject = Subject(np.zeros(3), np.array([0.0, -1.0, 0.0]), np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"'drone'.*webcam"):
        cameras.sample_camera("drone", subject, np.random.default_rng(0))


def test_shells_stand_off_by_their_distance(boxes: BodyLibrary) -> None:
    covered = boxes.part == Part.HEAD
    distance = np.full(len(boxes.rest), 0.01, np.float32)
    shell = clothing.lift(boxes.rest, boxes.faces, covered, distance)
    used = np.unique(boxes.faces[covered])
    assert shell.faces.shape == (6, 4)
    np.testing.assert_array_equal(boxes.part[shell.source], Part.HEAD)
    moved = np.linalg.norm(shell.vertices - boxes.rest[used], axis=1)
    np.testing.assert_allclose(moved, 0.01, rtol=1e-4)


def test_gloves_cover_hands_and_sleeves_never_do(boxes: BodyLibrary) -> None:
    hands = np.isin(boxes.part, (Part.LEFT_HAND, Part.RIGHT_HAND))
    for seed in range(20):
        outfit = clothing.sample_outfit(np.random.default_rng(seed))
        assert clothing.glove_faces(boxes, outfit)[hands].all()
        assert not clothing.top_faces(boxes, outfit)[hands].any()


def test_every_fifth_picture_of_a_folder_is_kept_back(tmp_path: Path) -> None:
    for folder in ("cards", "houses"):
        (tmp_path / folder).mkdir()
        for index in range(7):
            (tmp_path / folder / f"{index}.jpg").touch()
    found = find_image_assets(tmp_path)
    assert [Path(name).stem for name in found.tables] == ["1", "2", "3", "4", "6"]
    assert [Path(name).parent.name for name in found.rooms] == ["houses"] * 5


def test_pictures_of_some_folders_can_be_taken_alone(tmp_path: Path) -> None:
    for folder in ("cards", "houses"):
        (tmp_path / folder).mkdir()
        for index in range(3):
            (tmp_path / folder / f"{index}.jpg").touch()
    assert not find_image_assets(tmp_path, ["cards"]).rooms
    with pytest.raises(MediaError, match=r"none of the folders castles"):
        find_image_assets(tmp_path, ["castles"])


def test_the_facts_tell_whose_hands_they_are(boxes: BodyLibrary, tmp_path: Path) -> None:
    spec = _scene(boxes, 4)
    file = scene_metadata.path(tmp_path, "0001_00004")
    scene_metadata.write(spec, file)
    people = json.loads(file.read_text())["people"]
    assert [person["tone"] for person in people] == [person.tone for person in spec.people]
    assert [person["gloved"] for person in people] == [
        person.outfit.glove > 0 for person in spec.people
    ]


def test_true_panoramas_are_used_where_no_rooms_are(boxes: BodyLibrary) -> None:
    shown = {
        sample_scene(boxes, ImageAssets(panoramas=("a.exr",)), SceneConfig(), (2, k)).room.panorama
        for k in range(12)
    }
    assert shown == {"", "a.exr"}


def test_a_library_survives_the_disk(boxes: BodyLibrary, tmp_path: Path) -> None:
    boxes.save(tmp_path / "poses.npz")
    _assert_same(asdict(BodyLibrary.load(tmp_path / "poses.npz")), asdict(boxes))


def test_a_missing_library_names_the_file_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.npz.*rendering\.poses"):
        BodyLibrary.load(tmp_path / "none.npz")


def test_settings_know_the_views_and_their_chances_add_up() -> None:
    assert sum(environment.chance for environment in environments.ENVIRONMENTS) == pytest.approx(
        1.0
    )
    for environment in environments.ENVIRONMENTS:
        for hand_free in (False, True):
            chances = environment.view_chances(hand_free)
            assert chances.sum() == pytest.approx(1.0)
            assert chances.min() >= 0.0
            named = environment.hand_free_views if hand_free else environment.views
            assert set(named) <= set(cameras.VIEWS)
    cell = environments.ENVIRONMENTS[1].view_chances(False)
    assert cell[cameras.VIEWS.index("cell")] > 0.3


def test_a_robots_links_meet_and_its_gripper_is_near_its_goal() -> None:
    shoulder, wrist = np.array([0.0, 0.0, 0.3]), np.array([0.5, 0.2, 0.4])
    bend = elbow(shoulder, wrist, 0.4, 0.35)
    assert np.linalg.norm(bend - shoulder) == pytest.approx(0.4)
    assert np.linalg.norm(bend - wrist) == pytest.approx(0.35)
    assert bend[2] > 0.35
    stretched = elbow(shoulder, np.array([5.0, 0.0, 0.3]), 0.4, 0.35)
    np.testing.assert_allclose(stretched[1:], [0.0, 0.3], atol=1e-9)
    goal = np.array([0.1, -0.5, 0.2])
    for seed in range(20):
        parts = sample_robot(goal, -0.1, np.random.default_rng(seed))
        assert {part.shape for part in parts} == {"box", "cylinder"}
        for part in parts:
            np.testing.assert_allclose(part.rotation @ part.rotation.T, np.eye(3), atol=1e-9)
            assert part.size.min() > 0.005
        nearest = min(np.linalg.norm(part.position - goal) for part in parts)
        assert 0.02 < nearest < 0.6


def test_a_studio_has_one_lamp_aside_and_at_most_one_behind() -> None:
    camera = Camera(np.array([0.0, -1.2, 0.6]), np.zeros(3), 0.0, 50.0, 0.0)
    counts = set()
    for seed in range(30):
        lights = lighting.sample_lights(np.zeros(3), camera, True, np.random.default_rng(seed))
        counts.add(len(lights))
        assert abs(lights[0].position[0]) > 0.29
        assert lights[0].position[1] < 0.0
        assert all(light.position[1] > 0.0 for light in lights[1:])
        assert min(light.power for light in lights) > 0.0
    assert counts == {1, 2}


def test_most_people_show_a_photographed_skin_where_there_are_any(boxes: BodyLibrary) -> None:
    pictures = ImageAssets(skins=(SkinPhoto("a.jpg", (0.3, 0.2, 0.1)),))
    scenes = [sample_scene(boxes, pictures, SceneConfig(), (3, k)) for k in range(40)]
    shown = [person.photo is not None for scene in scenes for person in scene.people]
    assert 0.7 < np.mean(shown) < 1.0
    assert all(person.photo is None for person in _scene(boxes, 3).people)


def test_portraits_show_hands_at_the_face(boxes: BodyLibrary) -> None:
    scenes = [_scene(boxes, k, SceneConfig(hand_free=0.0)) for k in range(60)]
    long_lenses = [camera.focal > 50 for scene in scenes for camera in scene.cameras]
    assert 0.01 < np.mean(long_lenses) < 0.5
