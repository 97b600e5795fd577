"""Guards that the node answers whatever a camera's stream does: stamps, sizes, encodings, rates."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image
from support.accounts import RECEIVED, settled
from support.camera_images import ENCODERS, image_message
from support.cases import tries
from support.robot import Robot

SIZES = ((120, 160), (480, 640), (2, 2), (61, 33), (240, 320), (1, 300))
# Whole even sizes suit every encoding; others are sent as what takes any size.
ANY_SIZE = ("bgr8", "mono8")
FAST = 240.0


def test_sizes_and_encodings_change_with_every_image(beside: Robot) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (480, 640, 3), np.uint8)
    for number in range(tries(2, 20) * len(ENCODERS)):
        height, width = SIZES[number % len(SIZES)]
        encoding = list(ENCODERS)[number % len(ENCODERS)]
        if height % 2 or width % 2:
            encoding = ANY_SIZE[number % 2]
        message = image_message(cv2.resize(noise, (width, height)), encoding, number % 3)
        hands, mask = beside.send_and_wait(message, "hands", "mask")
        assert (hands.height, hands.width) == (mask.height, mask.width) == (height, width)


@pytest.mark.parametrize("step", [0, -(10**9), 10**15], ids=["the same", "backwards", "leaps"])
def test_stamps_that_do_not_run(beside: Robot, small_image: Image, step: int) -> None:
    """A stamp twice, a clock set back, before 1970 at last, and leaps of eleven days."""
    answers = beside.answers["hands"]
    stamp = 5 * 10**9
    for _ in range(10):
        header, before = small_image.header, len(answers)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp, 10**9)
        beside.publish(small_image)
        assert beside.wait_for(lambda count=before: len(answers) > count)  # type: ignore[misc]
        (answer,) = answers[before:]
        assert answer.header == header
        assert answer.sequence == answers[before - 1].sequence + 1
        stamp += step


def test_an_age_that_cannot_be_told_is_the_longest_that_can(
    beside: Robot, small_image: Image
) -> None:
    small_image.header.stamp.sec = -(2**31)
    before = len(beside.answers["hands"])
    beside.publish(small_image)
    assert beside.wait_for(lambda: len(beside.answers["hands"]) > before)
    assert beside.answers["hands"][-1].input_age.sec == 2**31 - 1


def test_a_camera_that_comes_and_goes(beside: Robot, small_image: Image) -> None:
    for _ in range(tries(3, 30)):
        beside.close_camera()
        beside.open_camera()
        assert beside.wait_for(lambda: beside.watchers)
        beside.send_and_wait(small_image, "hands")


def test_one_image_a_second(beside: Robot, small_image: Image) -> None:
    for _ in range(tries(2, 20)):
        beside.send_and_wait(small_image, "hands")
        beside.wait_for(lambda: False, 1.0)
    assert beside.statuses[-1].level == DiagnosticStatus.OK, beside.status_text()


def test_240_images_a_second(beside: Robot, small_image: Image) -> None:
    before, counted = len(beside.answers["hands"]), settled(beside)
    sent = int(FAST) * tries(1, 20)
    due = time.monotonic()
    for _ in range(sent):
        newest = beside.send(small_image)
        due += 1 / FAST
        beside.wait_for(lambda end=due: time.monotonic() >= end)  # type: ignore[misc]
    assert beside.wait_for(lambda: beside.answer("hands", newest)), "the newest was not answered"
    counts = {key: count - counted[key] for key, count in settled(beside).items()}
    assert 0 < counts[RECEIVED] <= sent
    answered = [answer.header.stamp for answer in beside.answers["hands"][before:]]
    assert counts["frames_answered"] == len(answered)
    assert counts["frames_bad"] == counts["frames_failed"] == 0
    in_order = [(stamp.sec, stamp.nanosec) for stamp in answered]
    assert in_order == sorted(in_order)
