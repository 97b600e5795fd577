"""Guards why the example refuses a grasp: unseen, in the keep-out, too near a hand, not known."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import grasp_filter
import numpy as np
import pytest
from grasp_filter import KEEP_OUT, OUT_OF_VIEW, SAFE, TOO_NEAR, View
from handseg_ros.msg import HandInstance, HandInstances

from handseg_ros.depth.camera import Camera

SIZE = (480, 640)
CAMERA = Camera.of(640, 480, (500, 0, 319.5, 0, 500, 239.5, 0, 0, 1), (), "")
CLEARANCE = 0.1


def a_hand(position: tuple[float, float, float], valid: bool = True) -> HandInstance:
    """Return a hand that measures 8 x 18 x 6 cm."""
    hand = HandInstance(position_valid=valid)
    hand.position.x, hand.position.y, hand.position.z = position
    hand.extent.x, hand.extent.y, hand.extent.z = 0.08, 0.18, 0.06
    return hand


def a_view(*hands: HandInstance) -> View:
    """Return a view in which the middle of the image, 200 pixels square, is to be kept out of."""
    keep_out = np.zeros(SIZE, np.uint8)
    keep_out[140:340, 220:420] = 255
    return View(HandInstances(hands=hands), keep_out, CAMERA, taken=0.0)


def reason(x: float, y: float, z: float, view: View) -> str:
    return grasp_filter.reason_against(np.array((x, y, z)), view, CLEARANCE)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((0.0, 0.0, 0.5), KEEP_OUT),
        ((0.0, 0.0, 2.0), KEEP_OUT),  # behind the hand
        ((0.0, 0.0, 0.1), KEEP_OUT),  # and before it
        ((0.15, 0.0, 0.5), SAFE),
        ((0.33, 0.0, 0.5), OUT_OF_VIEW),
        ((0.0, -0.25, 0.5), OUT_OF_VIEW),
        ((0.0, 0.0, -0.5), OUT_OF_VIEW),
        ((0.0, 0.0, 0.0), OUT_OF_VIEW),
        ((np.nan, 0.0, 0.5), OUT_OF_VIEW),
    ],
)
def test_a_point_is_looked_up_where_the_camera_sees_it(
    point: tuple[float, float, float], expected: str
) -> None:
    assert reason(*point, a_view()) == expected


def test_the_keep_out_ends_at_its_last_pixel() -> None:
    def at_column(column: float) -> str:
        return reason((column - 319.5) / 500, 0.0, 1.0, a_view())

    assert [at_column(column) for column in (219.4, 219.6, 419.4, 419.6)] == [
        *(SAFE, KEEP_OUT, KEEP_OUT, SAFE)
    ]


def test_a_hand_is_kept_clear_of_on_all_sides() -> None:
    # 4 cm from its middle to its side, 10 cm more to keep clear
    view = a_view(a_hand((0.3, 0.0, 0.6)))
    assert reason(0.159, 0.0, 0.6, view) == SAFE
    assert reason(0.161, 0.0, 0.6, view) == TOO_NEAR
    # nearer to the camera and farther from it: 3 cm and 10 cm
    assert reason(0.3, 0.0, 0.6 - 0.129, view) == TOO_NEAR
    assert reason(0.3, 0.0, 0.6 + 0.129, view) == TOO_NEAR
    assert reason(0.3, 0.0, 0.6 + 0.131, view) == SAFE


def test_every_hand_counts() -> None:
    view = a_view(a_hand((-0.5, 0.0, 1.0)), a_hand((0.3, 0.0, 0.6)))
    assert reason(0.3, 0.0, 0.6, view) == TOO_NEAR
    assert reason(-0.5, 0.0, 1.0, view) == TOO_NEAR


def test_a_hand_that_is_not_measured_does_not_stand_at_the_camera() -> None:
    unknown = a_hand((0.0, 0.0, 0.0), valid=False)
    assert reason(0.05, 0.0, 0.08, a_view(unknown)) == SAFE
    assert reason(0.0, 0.0, 0.5, a_view(unknown)) == KEEP_OUT


def test_distance_is_to_the_side_of_what_is_seen() -> None:
    hand = a_hand((0.0, 0.0, 1.0))
    inside, beside, corner = (0.03, 0.08, 1.02), (0.14, 0.0, 1.0), (0.07, 0.13, 1.0)
    distances = [grasp_filter.distance_to(hand, np.array(at)) for at in (inside, beside, corner)]
    assert distances == pytest.approx([0.0, 0.1, 0.05])
