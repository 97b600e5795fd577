"""Guards the prediction of where a hand is: straight on at first, and never far away."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest

from handseg_ros.tracking.motion import Motion


def _seen_along(speed: float, frames: int, rate: float) -> Motion:
    """Return the motion of a centroid that moved right at a speed in pixels a second."""
    motion = Motion(0.0, 50.0)
    for number in range(1, frames):
        motion = motion.corrected(speed * number / rate, 50.0, 1.0 / rate, 1.0)
    return motion


@pytest.mark.parametrize("rate", [10.0, 30.0])
def test_a_steady_hand_is_expected_straight_on(rate: float) -> None:
    motion = _seen_along(200.0, 20, rate)
    # Between two sightings it slows down a little, which the next one sets right.
    assert motion.velocity_x == pytest.approx(200.0, rel=0.25)
    later = motion.after(1 / rate)
    assert later.x - motion.x == pytest.approx(200.0 / rate, rel=0.25)
    assert later.y == 50.0


def test_a_hidden_hand_comes_to_rest() -> None:
    motion = Motion(0.0, 0.0, 100.0, -40.0)
    places = [motion.after(seconds).x for seconds in (0.1, 0.5, 1.0, 100.0, 1000.0)]
    assert places == sorted(places)
    assert places[0] == pytest.approx(10.0, rel=0.1)
    assert places[-1] == pytest.approx(places[-2])
    assert motion.after(1000.0).velocity_x == pytest.approx(0.0)
    # In two steps it is where it is in one.
    two = motion.after(0.3).after(0.4)
    one = motion.after(0.7)
    assert (two.x, two.y, two.velocity_x) == pytest.approx((one.x, one.y, one.velocity_x))


def test_two_sightings_at_one_time_tell_no_velocity() -> None:
    motion = Motion(0.0, 0.0, 10.0, 0.0).corrected(30.0, 5.0, 0.0, 1.0)
    assert motion == Motion(30.0, 5.0, 10.0, 0.0)


def test_a_hand_that_is_partly_seen_tells_less_of_its_velocity() -> None:
    moving = Motion(0.0, 0.0, 100.0, 0.0)
    whole, half, none = (moving.corrected(10.0, 0.0, 0.5, share) for share in (1.0, 0.5, 0.0))
    assert whole.velocity_x < half.velocity_x < none.velocity_x
    assert none.velocity_x == pytest.approx(moving.after(0.5).velocity_x)
    assert whole.x == half.x == none.x == 10.0
