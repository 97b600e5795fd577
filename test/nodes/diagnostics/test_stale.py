"""Guards that nobody takes old hands for new ones: ages, sequence, hands told again, silence."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from rosgraph_msgs.msg import Clock
from support.camera_images import image_message
from support.node import start_node
from support.processes import RunningProcess
from support.robot import Robot

EMPTY = np.zeros((120, 160, 3), np.uint8)
PERIOD = 0.2
QUIET = 5 * PERIOD  # in which a node that repeats would have done so


def _age(hands: Any) -> int:
    return int(hands.input_age.sec) * 10**9 + int(hands.input_age.nanosec)


def _stamp(hands: Any) -> int:
    return int(hands.header.stamp.sec) * 10**9 + int(hands.header.stamp.nanosec)


def _watched(robot: Robot, process: RunningProcess) -> None:
    robot.listen("hands")
    robot.open_camera()
    assert robot.wait_for(lambda: robot.watchers), process.output()


def _nothing_comes(robot: Robot) -> bool:
    before = len(robot.answers["hands"])
    return not robot.wait_for(lambda: len(robot.answers["hands"]) > before, QUIET)


def _repeated(robot: Robot, times: int) -> bool:
    return robot.wait_for(
        lambda: (
            [answer.sequence for answer in robot.answers["hands"]].count(
                robot.answers["hands"][-1].sequence
            )
            > times
        )
    )


def test_the_age_is_by_the_node_s_own_clock(robot: Robot) -> None:
    with start_node("use_sim_time:=true") as process:
        _watched(robot, process)
        clock = robot.node.create_publisher(Clock, "/clock", 1)
        now = Clock()
        now.clock.sec, now.clock.nanosec = 1002, 500_000_000

        def is_counted_by_the_clock() -> bool:
            clock.publish(now)
            robot.send_and_wait(image_message(EMPTY, "bgr8"), "hands")
            newest = robot.answers["hands"][-1]
            return _age(newest) == 1_002_500_000_000 - _stamp(newest)

        assert robot.wait_for(is_counted_by_the_clock), robot.answers["hands"][-1].input_age
        # Later images are stamped ahead of the clock, which stands still.
        for _ in range(3):
            robot.send_and_wait(image_message(EMPTY, "bgr8"), "hands")
        newest = robot.answers["hands"][-1]
        assert _age(newest) == 1_002_500_000_000 - _stamp(newest) < 0
        sequence = [answer.sequence for answer in robot.answers["hands"]]
        assert sequence == list(range(1, len(sequence) + 1))
        # The figures are those of the same ages.
        figures = robot.figures()
        assert float(figures["stamp_age_median_ms"]) <= float(figures["stamp_age_p95_ms"]) < 2e3


def test_a_stamp_of_no_clock_is_answered_with_an_age_that_nobody_trusts(robot: Robot) -> None:
    with start_node() as process:
        _watched(robot, process)
        for seconds in (0, -(2**31), 2**31 - 1):
            stamp = robot.send(image_message(EMPTY, "bgr8"), (seconds, 999_999_999))
            assert robot.wait_for(partial(robot.answer, "hands", stamp)), robot.status_text()
            age = robot.answer("hands", stamp).input_age.sec
            assert abs(age) > 3600
            assert (age < 0) == (seconds > 0)
        assert robot.figures()["frames_failed"] == "0"


def test_the_last_hands_are_told_again_while_the_camera_is_silent(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    with start_node(f"repeat_last_period:={PERIOD}", "stale_timeout:=0.5") as process:
        _watched(robot, process)
        (first,) = robot.send_and_wait(image_message(hand_picture, "bgr8"), "hands")
        assert first.hands
        assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.STALE)
        assert _repeated(robot, times=3)
        for again in robot.answers["hands"]:
            assert (again.header, again.sequence, again.hands) == (first.header, 1, first.hands)
        ages = [_age(answer) for answer in robot.answers["hands"]]
        assert ages == sorted(set(ages)), "the age should grow"
        # The next image ends it, and that it shows no hand is not said twice.
        robot.send_and_wait(image_message(EMPTY, "bgr8"), "hands")
        assert _nothing_comes(robot)
        assert robot.answers["hands"][-1].sequence == 2
        sequence = [answer.sequence for answer in robot.answers["hands"]]
        assert sequence == sorted(sequence)


def test_what_was_known_is_forgotten_when_it_may_no_longer_hold(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    with start_node(f"repeat_last_period:={PERIOD}") as process:
        _watched(robot, process)
        message = image_message(hand_picture, "bgr8")
        robot.send_and_wait(message, "hands")
        assert _repeated(robot, times=1)
        assert robot.set_parameter("model", "hands_fast").successful
        assert _nothing_comes(robot)
        robot.send_and_wait(message, "hands")
        assert _repeated(robot, times=1)
        assert robot.change_state(Transition.TRANSITION_DEACTIVATE)
        assert robot.change_state(Transition.TRANSITION_ACTIVATE)
        assert _nothing_comes(robot)
        assert robot.wait_for(lambda: robot.watchers)
        (again,) = robot.send_and_wait(message, "hands")
        assert again.sequence == 1


def test_a_silent_camera_means_silence_unless_asked_otherwise(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    with start_node() as process:
        _watched(robot, process)
        robot.send_and_wait(image_message(hand_picture, "bgr8"), "hands")
        assert _nothing_comes(robot)
        assert robot.set_parameter("repeat_last_period", PERIOD).successful
        assert _repeated(robot, times=1)
        assert robot.set_parameter("repeat_last_period", 0.0).successful
        robot.wait_for(lambda: False, PERIOD)  # for what is under way
        assert _nothing_comes(robot)
