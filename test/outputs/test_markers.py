"""Guards that every hand with a place has its markers, and that they are deleted when it goes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.nodes.outputs.ros_messages import RosMessages
from handseg_ros.outputs.markers import HandMarkers
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings

LOCATION = Measurement(Location((0.1, 0.2, 0.6), (0.08, 0.18, 0.0)), 0.9)
UNKNOWN = Measurement(None, 0.05)
HEADER = Header(frame_id="camera")


def hand(id_: int, track: int = 0, side: Side = Side.UNKNOWN) -> Hand:
    mask = np.full((2, 2), 255, np.uint8)
    return Hand(id_, side, 0.0, 0.9, Box(0, 0, 2, 2), mask, 4, (0.5, 0.5), track_id=track)


def shown(markers: HandMarkers, *found: tuple[Hand, Measurement]) -> MarkerArray:
    hands = tuple(each for each, _ in found)
    segmentation = Segmentation(4, 4, hands, Timings(0.0, 0.0, 0.0))
    measurements = {each.id: measurement for each, measurement in found}
    message: MarkerArray = markers.message(RosMessages(), HEADER, segmentation, measurements)
    return message


def actions(message: MarkerArray) -> set[tuple[str, int, int]]:
    return {(each.ns, each.id, each.action) for each in message.markers}


def test_a_sphere_of_the_hand_s_extent_and_a_name_above_it() -> None:
    sphere, name = shown(HandMarkers(), (hand(1, 7, Side.LEFT), LOCATION)).markers

    assert (sphere.type, sphere.ns, sphere.id) == (Marker.SPHERE, "tracks", 7)
    position = sphere.pose.position
    assert (position.x, position.y, position.z) == (0.1, 0.2, 0.6)
    # A surface without depth of its own is still something to see.
    assert (sphere.scale.x, sphere.scale.y) == (0.08, 0.18)
    assert 0 < sphere.scale.z < 0.05
    assert (name.type, name.ns, name.text) == (Marker.TEXT_VIEW_FACING, "track_names", "7 left")
    assert name.pose.position.y < 0.2 - 0.18 / 2
    assert sphere.header == name.header == HEADER
    assert sphere.lifetime.sec > 0


def test_a_track_that_goes_is_deleted_once() -> None:
    markers = HandMarkers()
    shown(markers, (hand(1, 7), LOCATION), (hand(2, 8), LOCATION))

    # The other hand has another id now, and is the same track.
    message = shown(markers, (hand(1, 8), LOCATION))

    assert actions(message) == {
        ("tracks", 8, Marker.ADD),
        ("track_names", 8, Marker.ADD),
        ("tracks", 7, Marker.DELETE),
        ("track_names", 7, Marker.DELETE),
    }
    assert {action for _, _, action in actions(shown(markers, (hand(1, 8), LOCATION)))} == {
        Marker.ADD
    }


@pytest.mark.parametrize("lost", [[], [(hand(1), UNKNOWN)]], ids=["gone", "place not known"])
def test_what_is_not_known_any_more_is_deleted(lost: list[tuple[Hand, Measurement]]) -> None:
    markers = HandMarkers()
    shown(markers, (hand(1), LOCATION))

    assert actions(shown(markers, *lost)) == {
        ("hands", 1, Marker.DELETE),
        ("hand_names", 1, Marker.DELETE),
    }
    assert actions(shown(markers, *lost)) == set()


def test_a_hand_without_track_and_a_track_of_the_same_number_are_two() -> None:
    message = shown(HandMarkers(), (hand(3), LOCATION), (hand(4, 3), LOCATION))

    assert len(actions(message)) == 4
