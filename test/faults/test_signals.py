"""Guards the node's end: a signal at any moment, or two, and it is gone with code 0, quietly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sensor_msgs.msg import Image
from support.cases import tries
from support.processes import RunningProcess, running_process
from support.robot import Robot
from support.vitals import children

pytestmark = [pytest.mark.slow, pytest.mark.alone]

EXECUTABLE = Path(sys.prefix, "bin", "hand_segmentation_node")
COMMAND: list[str | Path] = [EXECUTABLE, "--ros-args", "-p", "model:=hands_fast"]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SEED = 20


@dataclass(frozen=True)
class Start:
    """How long a start takes, in seconds: until its own code runs, and until it listens."""

    heard: float
    listens: float


@pytest.fixture(scope="module")
def start() -> Start:
    """Return how long starting takes on this machine, now."""
    began = time.monotonic()
    # Python's own start, with what the environment does in it, is nobody's to answer for.
    with running_process([sys.executable, "-c", "print('here')"]) as python:
        python.wait_for_output("here")
    heard = time.monotonic() - began
    with running_process(COMMAND) as process:
        process.wait_for_output("loaded")
    return Start(1.5 * heard, time.monotonic() - began - heard)


def assert_clean(process: RunningProcess, number: signal.Signals, start: Start) -> float:
    """Send a signal; returns how many seconds the process took to end, cleanly."""
    assert children(process.pid) == []
    began = time.monotonic()
    assert process.stop(number) == 0, process.output()
    taken = time.monotonic() - began
    for word in ("Traceback", "terminate called", "Fatal"):
        assert word not in process.output()
    assert taken < 2 * start.listens + 0.5
    return taken


def test_a_signal_while_it_starts(start: Start) -> None:
    chance = random.Random(SEED)
    taken = []
    for number in range(tries(6, 60)):
        with running_process(COMMAND) as process:
            time.sleep(chance.uniform(start.heard, 1.2 * start.listens))
            taken.append(assert_clean(process, SIGNALS[number % 2], start))
    print(f"start: {len(taken)} signals, the slowest end after {max(taken):.2f} s")


def test_a_signal_while_it_answers(robot: Robot, small_image: Image, start: Start) -> None:
    chance = random.Random(SEED)
    robot.listen("hands", "overlay")
    robot.open_camera()
    taken = []
    for number in range(tries(2, 25)):
        with running_process(COMMAND) as process:
            assert robot.wait_for(lambda: robot.watchers), process.output()
            robot.send_and_wait(small_image, "hands")
            for _ in range(chance.randint(1, 30)):
                robot.send(small_image)
            time.sleep(chance.uniform(0, 0.02))
            taken.append(assert_clean(process, SIGNALS[number % 2], start))
        assert robot.wait_for(lambda: not robot.watchers)
    print(f"inference: {len(taken)} signals, the slowest end after {max(taken):.2f} s")


def test_signals_while_it_ends(start: Start) -> None:
    chance = random.Random(SEED)
    for number in range(tries(2, 15)):
        with running_process(COMMAND) as process:
            process.wait_for_output("loaded")
            process.signal(SIGNALS[number % 2])
            time.sleep(chance.uniform(0, 0.3))
            assert process.stop(SIGNALS[1 - number % 2]) == 0, process.output()
            assert "Traceback" not in process.output()
