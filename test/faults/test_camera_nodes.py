"""Guards hand_camera_node and a node of four cameras: signals at any moment, life after life."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from support.assets import CLIP
from support.cameras import Cameras
from support.cases import tries
from support.processes import RunningProcess, running_process
from support.robot import NODE, Robot
from support.vitals import resident_kilobytes

pytestmark = pytest.mark.slow

FOUR = ("front", "back", "left", "right")
SEED = 20
PROGRAMS = Path(sys.prefix, "bin")
LIFE = (
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
)


@dataclass(frozen=True)
class Running:
    """A node, and what waits until it has answered anew, for each of its cameras."""

    process: RunningProcess
    answers: Callable[[], bool]


@contextmanager
def camera_node(robot: Robot, *parameters: str) -> Iterator[Running]:
    """Start hand_camera_node on a clip, under the name that the robot knows."""
    given = [f"source:={CLIP}", "loop:=true", "model:=hands_fast", *parameters]
    words = [word for parameter in given for word in ("-p", parameter)]
    name = f"__node:={NODE.strip('/')}"
    command: list[str | Path] = [PROGRAMS / "hand_camera_node", "--ros-args", *words, "-r", name]
    robot.listen("hands")
    hands = robot.answers["hands"]

    def answers() -> bool:
        hands.clear()
        return robot.wait_for(lambda: hands)

    with running_process(command) as process:
        yield Running(process, answers)


@contextmanager
def four_cameras(robot: Robot, *parameters: str) -> Iterator[Running]:
    """Start a node of four cameras that send pictures while it is waited for."""
    cameras = Cameras(robot, FOUR)
    picture = np.full((48, 64, 3), 90, np.uint8)

    def answers() -> bool:
        for kept in cameras.hands.values():
            kept.clear()

        def all_answered() -> bool:
            for name in FOUR:
                cameras.send(name, picture, 1)
            return all(cameras.hands.values())

        return robot.wait_for(all_answered)

    given = [f"cameras:={','.join(FOUR)}", "model:=hands_fast", *parameters]
    words = [word for parameter in given for word in ("-p", parameter)]
    command: list[str | Path] = [PROGRAMS / "hand_segmentation_node", "--ros-args", *words]
    with running_process(command) as process:
        yield Running(process, answers)


KINDS = {"camera": camera_node, "four": four_cameras}


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_while_it_answers(robot: Robot, kind: str) -> None:
    chance = random.Random(SEED)
    taken = []
    for number in range(tries(1, 100)):
        with KINDS[kind](robot) as running:
            running.process.wait_for_output("answers on")
            assert running.answers(), running.process.output()
            time.sleep(chance.uniform(0, 0.1))
            began = time.monotonic()
            code = running.process.stop((signal.SIGINT, signal.SIGTERM)[number % 2])
            taken.append(time.monotonic() - began)
            assert code == 0, running.process.output()
            for word in ("Traceback", "terminate called", "Fatal"):
                assert word not in running.process.output()
    print(f"{kind}: {len(taken)} signals, the slowest end after {max(taken):.2f} s")


@pytest.mark.parametrize("kind", KINDS)
def test_life_after_life_and_memory_stays_flat(robot: Robot, kind: str) -> None:
    resident = []
    with KINDS[kind](robot, "autostart:=false") as running:
        for _ in range(tries(4, 100)):
            for transition in LIFE:
                assert robot.change_state(transition), running.process.output()
                if transition == Transition.TRANSITION_ACTIVATE:
                    assert running.answers(), running.process.output()
            resident.append(resident_kilobytes(running.process.pid))
        assert running.process.stop() == 0
    print(f"{kind}: resident memory, kB: {resident}")
    assert resident[-1] < 1.1 * resident[len(resident) // 2]
