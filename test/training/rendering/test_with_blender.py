"""Guards the rendering itself: exact ids at the hands' places, no hands where none are wanted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("bpy", reason="bpy is not installed: pip install 'handseg_ros[render]'")

from handseg_ros.training.rendering import cameras, ids
from handseg_ros.training.rendering.body import BodyLibrary
from handseg_ros.training.rendering.cast import hand_points
from handseg_ros.training.rendering.recipes import Pictures, SceneConfig
from handseg_ros.training.rendering.scenes import render_batch, render_scene
from handseg_ros.training.rendering.script import sample_scene

pytestmark = pytest.mark.slow

SMALL = SceneConfig(width=160, height=128, samples=2, hand_free=0.0)


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture


@pytest.mark.parametrize("number", range(4))
def test_ids_lie_where_the_hands_project(boxes: BodyLibrary, tmp_path: Path, number: int) -> None:
    recipe = sample_scene(boxes, Pictures(), SMALL, (7, number))
    if not render_scene(boxes, recipe, SMALL, tmp_path, "scene"):
        assert not any((tmp_path / "images").glob("*"))
        return
    found = ids.decode(_read(tmp_path / "ids" / "scene.png"))
    assert _read(tmp_path / "images" / "scene.jpg").shape == (128, 160, 3)
    boxes_of = [hand_points(boxes, recipe.people)[k - 1] for k in np.unique(found[found > 0])]
    fits = []
    for camera in recipe.cameras:
        misses = []
        for instance, points in zip(np.unique(found[found > 0]), boxes_of, strict=True):
            places = cameras.project(camera, points, 160 / 128)[:, :2] * [160, 128]
            rows, columns = np.nonzero(found == instance)
            misses.append(max(places[:, 0].min() - columns.min() - 2, 0))
            misses.append(max(columns.max() - 2 - places[:, 0].max(), 0))
            misses.append(max(rows.max() - 2 - places[:, 1].max(), 0))
        fits.append(max(misses))
    assert min(fits) == 0


def test_hand_free_scenes_hold_no_ids(boxes: BodyLibrary, tmp_path: Path) -> None:
    config = SceneConfig(width=160, height=128, samples=1, hand_free=1.0)
    assert render_batch(boxes, Pictures(), config, seed=3, count=3, out=tmp_path) > 0
    for path in (tmp_path / "ids").iterdir():
        assert not _read(path).any()


def test_the_same_seed_gives_the_same_pixels(boxes: BodyLibrary, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        render_batch(boxes, Pictures(), SMALL, seed=11, count=2, out=tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one" / "ids").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two" / "ids").iterdir())
    assert names
    for name in names:
        one, two = (_read(tmp_path / folder / "ids" / name) for folder in ("one", "two"))
        np.testing.assert_array_equal(one, two)


def test_a_finished_scene_is_not_rendered_again(boxes: BodyLibrary, tmp_path: Path) -> None:
    first = render_batch(boxes, Pictures(), SMALL, seed=11, count=2, out=tmp_path)
    assert first > 0
    again = render_batch(boxes, Pictures(), SMALL, seed=11, count=2, out=tmp_path)
    assert again == 0
