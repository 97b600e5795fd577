"""Guards that sampled hands keep to the joint limits and that gestures mean what they say."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from rendering import gestures
from rendering.activities import ACTIVITIES, WEIGHTS
from rendering.joint_limits import ARM, FINGERS, HAND, bounds, clamp, mirror_sign


def _bend(angles: np.ndarray, finger: int) -> float:
    bones = [k for k, freedom in enumerate(HAND) if freedom.bone.startswith(f"finger{finger}-")]
    return float(sum(angles[k] for k in bones if HAND[k].axis == "x"))


def test_limits_are_ranges_around_the_rest_pose() -> None:
    low, high = bounds(ARM + HAND)
    assert (low < 0).all()
    assert (high > 0).all()
    assert (high - low < 3.0).all()


def test_clamp_moves_only_what_is_outside() -> None:
    low, high = bounds(ARM)
    inside = (low + high) / 2
    np.testing.assert_array_equal(clamp(inside, ARM), inside)
    np.testing.assert_array_equal(clamp(high + 1, ARM), high)
    np.testing.assert_array_equal(clamp(low - 1, ARM), low)


def test_mirroring_keeps_bending_and_turns_twisting_and_swinging() -> None:
    assert [mirror_sign(axis) for axis in ("x", "y", "z")] == [1.0, -1.0, -1.0]


@pytest.mark.parametrize("name", sorted(gestures.GESTURES))
def test_gestures_stay_within_the_limits(name: str) -> None:
    low, high = bounds(HAND)
    rng = np.random.default_rng(1)
    for _ in range(200):
        angles = gestures.sample(name, rng)
        assert angles.shape == (len(HAND),)
        assert ((low <= angles) & (angles <= high)).all()


def test_gestures_differ_in_the_fingers_they_bend() -> None:
    rng = np.random.default_rng(2)
    flat, fist, point = (gestures.sample(name, rng) for name in ("flat", "fist", "point"))
    for finger in range(2, 6):
        assert _bend(fist, finger) > 2.0
        assert abs(_bend(flat, finger)) < 0.6
    assert _bend(point, 2) < 0.3
    assert _bend(point, 3) > 2.0


def test_a_spread_hand_moves_index_and_little_finger_apart() -> None:
    angles = gestures.sample("spread", np.random.default_rng(3))
    swing = {f.bone: angles[k] for k, f in enumerate(HAND) if f.axis == "z" and f in FINGERS}
    assert swing["finger2-1"] > 0.05
    assert swing["finger5-1"] < -0.05


@pytest.mark.parametrize("name", sorted(ACTIVITIES))
def test_activities_give_reachable_goals_with_unit_directions(name: str) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        for goal in ACTIVITIES[name](rng):
            assert goal.anchor in ("chest", "head")
            assert np.linalg.norm(goal.offset) < 0.85
            assert np.linalg.norm(goal.palm) == pytest.approx(1.0)
            assert goal.gesture in gestures.GESTURES


def test_every_activity_has_a_share() -> None:
    assert set(WEIGHTS) == set(ACTIVITIES)
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_crossed_arms_put_each_hand_on_the_other_side() -> None:
    left, right = ACTIVITIES["cross"](np.random.default_rng(5))
    assert left.offset[0] < 0 < right.offset[0]
