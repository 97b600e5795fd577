"""Guards hands told again: no older answer after a newer one, growing age, no 'no hands' again."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from handseg_ros.msg import HandInstances
from rclpy.clock import Clock
from std_msgs.msg import Header

from handseg_ros.image_messages.hands import Circumstances, set_age
from handseg_ros.nodes.input.stamps import stamp_age
from handseg_ros.nodes.outputs.last_hands import LastHands
from handseg_ros.outputs.segmented_frame import StampedSegmentation
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings

NOW = 1e-9  # a period that is over at once
HAND = Hand(1, Side.LEFT, 0.9, 0.8, Box(0, 0, 1, 1), np.full((1, 1), 255, np.uint8), 1, (0.0, 0.0))


def _found(sequence: int, *hands: Hand) -> StampedSegmentation:
    return StampedSegmentation(
        Header(stamp=Time(sec=sequence)),
        Segmentation(4, 4, hands, Timings(0.0, 0.0, 0.0)),
        Circumstances(model="hands 1", sequence=sequence, input_age=5),
    )


def test_an_older_answer_never_follows_a_newer_one() -> None:
    told: list[int] = []

    def publish(found: StampedSegmentation) -> None:
        time.sleep(1e-5)  # as the middleware does, it lets the other thread run
        told.append(found.circumstances.sequence)

    hands = LastHands(publish, Clock())
    ended = threading.Event()

    def repeat() -> None:
        while not ended.is_set():
            hands.repeat(NOW)

    repeating = threading.Thread(target=repeat)
    repeating.start()
    for sequence in range(1, 2001):
        hands.publish(_found(sequence, HAND))
    ended.set()
    repeating.join()
    assert len(told) > 2000, "nothing was repeated"
    assert told == sorted(told)


def test_a_repeat_differs_from_the_answer_by_its_age_alone() -> None:
    told: list[StampedSegmentation] = []
    hands = LastHands(told.append, Clock())
    found = _found(7, HAND)
    hands.publish(found)
    hands.repeat(NOW)
    hands.repeat(NOW)
    assert [again.header for again in told] == [found.header] * 3
    assert [again.segmentation for again in told] == [found.segmentation] * 3
    assert [again.circumstances.sequence for again in told] == [7, 7, 7]
    ages = [again.circumstances.input_age for again in told]
    assert 5 == ages[0] < ages[1] < ages[2]


def test_nothing_is_repeated_before_its_time_or_without_a_period() -> None:
    told: list[StampedSegmentation] = []
    hands = LastHands(told.append, Clock())
    hands.repeat(NOW)
    hands.publish(_found(1, HAND))
    hands.repeat(60.0)
    hands.repeat(0.0)
    assert len(told) == 1


def test_that_there_is_no_hand_is_not_said_again_nor_are_the_hands_before() -> None:
    told: list[StampedSegmentation] = []
    hands = LastHands(told.append, Clock())
    hands.publish(_found(1, HAND))
    hands.publish(_found(2))
    hands.repeat(NOW)
    assert [found.circumstances.sequence for found in told] == [1, 2]


def test_what_is_forgotten_is_not_repeated() -> None:
    told: list[StampedSegmentation] = []
    hands = LastHands(told.append, Clock())
    hands.publish(_found(1, HAND))
    hands.forget()
    hands.repeat(NOW)
    assert len(told) == 1


@pytest.mark.parametrize("seconds", [-(2**31), -1, 0, 1, 2**31 - 1])
def test_every_stamp_has_an_age_that_a_message_can_hold(seconds: int) -> None:
    clock = Clock()
    age = stamp_age(Time(sec=seconds, nanosec=999_999_999), clock)
    assert age == pytest.approx(clock.now().nanoseconds - (seconds + 1) * 1e9, abs=60e9)
    message = HandInstances()
    set_age(message, age)
    told = message.input_age.sec + 1e-9 * message.input_age.nanosec
    assert told == pytest.approx(max(min(1e-9 * age, 2**31 - 1), 1 - 2**31), abs=1.0)
    assert (told < 0) == (age < 0)
