"""Guards a long run: as quick at its end as at its beginning, and no larger."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
from sensor_msgs.msg import Image
from support.accounts import settled
from support.cases import tries
from support.node import start_node
from support.robot import Robot
from support.vitals import resident_kilobytes

pytestmark = [pytest.mark.slow, pytest.mark.alone]

BLOCKS = 20
BAD_EVERY = 25


def a_block(robot: Robot, image: Image, frames: int) -> float:
    """Send images, one of 25 of them bad; returns the median time to an answer, in seconds."""
    taken = []
    for number in range(frames):
        if number % BAD_EVERY == BAD_EVERY - 1:
            robot.publish(Image(height=1, width=1, encoding="none"))
            continue
        began = time.perf_counter()
        robot.send_and_wait(image, "hands")
        taken.append(time.perf_counter() - began)
    robot.answers["hands"].clear()
    return statistics.median(taken)


def test_the_last_frames_are_as_the_first(robot: Robot, small_image: Image) -> None:
    frames = tries(500, 100_000) // BLOCKS
    latency, resident = [], []
    with start_node("model:=hands_fast") as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        for _ in range(BLOCKS):
            latency.append(a_block(robot, small_image, frames))
            resident.append(resident_kilobytes(process.pid))
        counts = settled(robot)
        assert process.stop() == 0
    assert counts["frames_answered"] == BLOCKS * (frames - frames // BAD_EVERY)
    assert counts["frames_bad"] > 0
    quarter = BLOCKS // 4
    first, last = latency[quarter : 2 * quarter], latency[-quarter:]
    ratio = statistics.median(last) / statistics.median(first)
    slope, _ = np.polyfit(np.arange(quarter, BLOCKS), resident[quarter:], 1)
    growth = slope * (BLOCKS - quarter) / resident[-1]
    print(f"{BLOCKS * frames} frames: latency x {ratio:.2f}, memory {growth:+.2%}, kB: {resident}")
    assert ratio < 2  # a busy machine changes its pace; what piles up would go on piling up
    assert growth < 0.02
