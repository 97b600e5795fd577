"""Guards that the node answers whatever a camera's stream does: stamps, sizes, encodings, rates."""

from __future__ import annotations

import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image
from support.accounts import RECEIVED, settled
from support.camera_images import ENCODERS, image_message
from support.cases import tries
from support.node import start_node
from support.robot import Robot, a_robot

SIZES = ((120, 160), (480, 640), (2, 2), (61, 33), (240, 320), (1, 300))
# Whole even sizes suit every encoding; others are sent as what takes any size.
ANY_SIZE = ("bgr8", "mono8")
FAST = 240.0


@pytest.fixture(scope="module")
def robot() -> Iterator[Robot]:
    """Yield a robot whose camera runs, beside one node for all tests of this module."""
    parameters = ("model:=hands_fast", "stale_timeout:=3.0")
    with start_node(*parameters) as process, a_robot() as made:
        made.listen("hands", "mask")
        made.open_camera()
        assert made.wait_for(lambda: made.watchers), process.output()
        yield made
        settled(made)
        assert process.stop() == 0


def test_sizes_and_encodings_change_with_every_image(robot: Robot) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (480, 640, 3), np.uint8)
    for number in range(tries(2, 20) * len(ENCODERS)):
        height, width = SIZES[number % len(SIZES)]
        encoding = list(ENCODERS)[number % len(ENCODERS)]
        if height % 2 or width % 2:
            encoding = ANY_SIZE[number % 2]
        message = image_message(cv2.resize(noise, (width, height)), encoding, number % 3)
        hands, mask = robot.send_and_wait(message, "hands", "mask")
        assert (hands.height, hands.width) == (mask.height, mask.width) == (height, width)


@pytest.mark.parametrize("step", [0, -(10**9), 10**15], ids=["the same", "backwards", "leaps"])
def test_stamps_that_do_not_run(robot: Robot, small_image: Image, step: int) -> None:
    """A stamp twice, a clock set back, before 1970 at last, and leaps of eleven days."""
    answers = robot.answers["hands"]
    stamp = 5 * 10**9
    for _ in range(10):
        header, before = small_image.header, len(answers)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp, 10**9)
        robot.publish(small_image)
        assert robot.wait_for(lambda count=before: len(answers) > count)  # type: ignore[misc]
        (answer,) = answers[before:]
        assert answer.header == header
        assert answer.sequence == answers[before - 1].sequence + 1
        stamp += step


def test_an_age_that_cannot_be_told_is_the_longest_that_can(
    robot: Robot, small_image: Image
) -> None:
    small_image.header.stamp.sec = -(2**31)
    before = len(robot.answers["hands"])
    robot.publish(small_image)
    assert robot.wait_for(lambda: len(robot.answers["hands"]) > before)
    assert robot.answers["hands"][-1].input_age.sec == 2**31 - 1


def test_a_camera_that_comes_and_goes(robot: Robot, small_image: Image) -> None:
    for _ in range(tries(3, 30)):
        robot.close_camera()
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        robot.send_and_wait(small_image, "hands")


def test_one_image_a_second(robot: Robot, small_image: Image) -> None:
    for _ in range(tries(2, 20)):
        robot.send_and_wait(small_image, "hands")
        robot.wait_for(lambda: False, 1.0)
    assert robot.statuses[-1].level == DiagnosticStatus.OK, robot.status_text()


def test_240_images_a_second(robot: Robot, small_image: Image) -> None:
    before, counted = len(robot.answers["hands"]), settled(robot)
    sent = int(FAST) * tries(1, 20)
    due = time.monotonic()
    for _ in range(sent):
        newest = robot.send(small_image)
        due += 1 / FAST
        robot.wait_for(lambda end=due: time.monotonic() >= end)  # type: ignore[misc]
    assert robot.wait_for(lambda: robot.answer("hands", newest)), "the newest was not answered"
    counts = {key: count - counted[key] for key, count in settled(robot).items()}
    assert 0 < counts[RECEIVED] <= sent
    answered = [answer.header.stamp for answer in robot.answers["hands"][before:]]
    assert counts["frames_answered"] == len(answered)
    assert counts["frames_bad"] == counts["frames_failed"] == 0
    in_order = [(stamp.sec, stamp.nanosec) for stamp in answered]
    assert in_order == sorted(in_order)
