"""Guards the poses of real bodies: palms at their goals, joints that bend the right way, parts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("anny", reason="anny is not installed: see requirements/train.txt")
torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install 'handseg_ros[train]'"
)

from rendering.body import BodyLibrary, Detail, Part  # noqa: E402
from rendering.joint_limits import ARM, HAND, bounds  # noqa: E402
from rendering.motion import ease, make_motion  # noqa: E402
from rendering.pose_solver import (  # noqa: E402
    Bodies,
    PoseSolver,
    SolverConfig,
)
from rendering.poses import (  # noqa: E402
    PoseConfig,
    load_body_model,
    make_library,
    sample_stance,
)
from rendering.skins import HANDS  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: the solver's many small steps only lose by sharing them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def library() -> BodyLibrary:
    """Return six posed bodies."""
    return make_library(PoseConfig(seed=5, count=6, batch=8))


def test_the_same_seed_gives_the_same_bodies(library: BodyLibrary) -> None:
    again = make_library(PoseConfig(seed=5, count=6, batch=8))
    np.testing.assert_array_equal(again.vertices, library.vertices)
    np.testing.assert_array_equal(again.activity, library.activity)


def test_parts_of_the_surface_are_where_they_belong(library: BodyLibrary) -> None:
    middle = library.rest[library.faces].mean(1)
    left, right = library.part == Part.LEFT_HAND, library.part == Part.RIGHT_HAND
    assert left.sum() == right.sum() > 1000
    assert middle[left, 0].min() > 0.3
    assert middle[right, 0].max() < -0.3
    assert (library.detail[left] == Detail.NAIL).sum() > 20
    assert set(library.part[library.detail == Detail.LIPS]) <= {Part.HEAD, Part.MOUTH}
    assert middle[library.part == Part.EYE, 1].mean() < -0.1


def test_hands_have_islands_of_their_own_in_the_photographed_skins(library: BodyLibrary) -> None:
    hands = np.isin(library.part, (Part.LEFT_HAND, Part.RIGHT_HAND))
    assert library.uv.shape == (len(library.faces), 4, 2)
    assert library.uv.min() >= 0.0
    assert library.uv.max() <= 1.0
    top, bottom, left, right = HANDS
    across, up = library.uv[hands].mean(axis=1).T
    inside = (left < across) & (across < right) & (1 - bottom < up) & (up < 1 - top)
    assert inside.mean() > 0.99


def test_palm_middles_lie_on_the_hands(library: BodyLibrary) -> None:
    for pose in range(len(library)):
        for column, part in enumerate((Part.LEFT_HAND, Part.RIGHT_HAND)):
            hand = library.vertices[pose][np.unique(library.faces[library.part == part])]
            distance = np.linalg.norm(hand - library.palm[pose, column], axis=1)
            assert distance.min() < 0.03


def _one_body(hands: np.ndarray) -> Bodies:
    names = ("gender", "age", "muscle", "weight", "height", "proportions")
    return Bodies(
        {name: torch.full((1,), 0.5) for name in names},
        torch.tensor(hands, dtype=torch.float32)[None],
        sample_stance(np.zeros(1, bool), np.random.default_rng(0)),
    )


@pytest.mark.parametrize(("column", "side"), [(0, "L"), (1, "R")])
def test_bending_fingers_closes_both_hands(column: int, side: str) -> None:
    solver = PoseSolver(load_body_model(), SolverConfig())
    arms = torch.zeros(1, 2, len(ARM))
    high = bounds(HAND)[1] * [freedom.axis == "x" for freedom in HAND]
    gaps = []
    for angles in (np.zeros(len(HAND)), high):
        skeleton = solver.pose(_one_body(np.stack([angles] * 2)), arms)[1]
        tip = skeleton.heads[f"finger3-3.{side}"] - skeleton.palm[:, column]
        gaps.append((float(tip.norm()), float((tip * skeleton.normal[:, column]).sum())))
    assert gaps[1][0] < 0.75 * gaps[0][0]
    assert gaps[1][1] > gaps[0][1]


def test_bending_the_elbow_brings_the_wrist_to_the_shoulder() -> None:
    solver = PoseSolver(load_body_model(), SolverConfig())
    elbow = [(freedom.bone, freedom.axis) for freedom in ARM].index(("lowerarm01", "x"))
    reach = []
    for angle in (ARM[elbow].low, 0.0, ARM[elbow].high):
        arms = torch.zeros(1, 2, len(ARM))
        arms[..., elbow] = angle
        heads = solver.pose(_one_body(np.zeros((2, len(HAND)))), arms)[1].heads
        reach.append([float((heads[f"wrist.{s}"] - heads[f"upperarm01.{s}"]).norm()) for s in "LR"])
    assert (np.diff(reach, axis=0) < 0).all()


def test_motion_passes_through_its_keys_and_returns() -> None:
    keys = torch.tensor([[0.0], [1.0], [4.0]])
    frames = ease(keys, 4)[:, 0]
    assert len(frames) == 12
    np.testing.assert_allclose(frames[::4], keys[:, 0])
    assert (frames >= 0).all()
    assert (frames <= 4).all()


def test_the_motion_moves_both_palms_in_small_steps() -> None:
    motion = make_motion()
    steps = np.linalg.norm(np.diff(motion.palm, axis=0), axis=-1)
    assert len(motion) == 42
    assert (steps.sum(0) > 0.5).all()
    assert steps.max() < 0.12
