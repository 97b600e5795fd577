"""Guards the tracks that the node publishes: over DDS, by the images' stamps, as parameters say."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time

import numpy as np
from lifecycle_msgs.msg import Transition
from std_msgs.msg import Header
from support.camera_images import image_message
from support.labelled import found
from support.node import start_node
from support.robot import Robot

from handseg_ros.nodes.pipeline.tracks import HandTracks
from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.hands import Segmentation, Timings


def _tracks(robot: Robot, picture: np.ndarray) -> list[int]:
    """Send a picture, a second later than the one before, and return the tracks of its hands."""
    (answer,) = robot.send_and_wait(image_message(picture, "bgr8"), "hands")
    return sorted(hand.track_id for hand in answer.hands)


def test_numbers_stay_while_hands_are_missed_and_are_new_when_forgotten(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    nothing = np.zeros_like(hand_picture)
    with start_node("track_memory:=3.5") as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        begun = _tracks(robot, hand_picture)
        assert begun == [1, 2]
        moved = np.roll(hand_picture, 20, axis=1)
        assert _tracks(robot, moved) == begun
        for missing in range(1, 4):
            assert [_tracks(robot, nothing) for _ in range(missing)] == [[]] * missing
            assert _tracks(robot, moved) == begun
        for _ in range(4):
            _tracks(robot, nothing)
        assert _tracks(robot, moved) == [3, 4]
        assert robot.set_parameter("track_memory", 10.0).successful
        for _ in range(9):
            _tracks(robot, nothing)
        assert _tracks(robot, moved) == [3, 4]
        assert robot.set_parameter("track", False).successful
        assert _tracks(robot, hand_picture) == [0, 0]
        assert process.stop() == 0


def test_numbers_begin_again_with_each_activation(robot: Robot, hand_picture: np.ndarray) -> None:
    with start_node() as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        assert _tracks(robot, hand_picture) == [1, 2]
        far = np.zeros_like(hand_picture)
        assert _tracks(robot, far) == []
        assert robot.change_state(Transition.TRANSITION_DEACTIVATE)
        assert robot.change_state(Transition.TRANSITION_ACTIVATE)
        assert robot.wait_for(lambda: robot.watchers), process.output()
        assert _tracks(robot, hand_picture) == [1, 2]
        assert process.stop() == 0


def test_images_without_a_stamp_are_followed_by_the_time_of_their_answers() -> None:
    settings, tracks = Settings(track_memory=0.1), HandTracks()
    answer = Segmentation(100, 120, (found(1, (10, 10, 20)),), Timings(0.0, 0.0, 0.0))

    def number(second: int) -> int:
        header = Header()
        header.stamp.sec = second
        return tracks.follow(answer, header, settings).hands[0].track_id

    assert (number(5), number(5)) == (1, 1)
    time.sleep(0.2)
    assert number(5) == 1, "the stamp says that no time has passed"
    assert number(0) == 2
    time.sleep(0.2)
    assert number(0) == 3, "without a stamp it is too late"
