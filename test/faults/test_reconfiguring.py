"""Guards that a node may be configured again and again, and keeps nothing of what it let go."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import Image
from support.cases import tries
from support.node import start_node
from support.robot import Robot
from support.vitals import resident_kilobytes

pytestmark = pytest.mark.slow

# Two models, and one of them at another size: whatever is kept by size would be seen.
CHOICES = (("hands_fast", 0), ("hands_clean", 0), ("hands_fast", 192))
ROUND = (
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
)


def test_memory_stays_flat(robot: Robot, small_image: Image) -> None:
    choices = itertools.cycle(CHOICES)
    with start_node("autostart:=false") as process:
        robot.listen("hands")
        robot.open_camera()
        resident = []
        for _ in range(tries(9, 102)):
            model, width = next(choices)
            assert robot.set_parameter("model", model).successful
            assert robot.set_parameter("input_width", width).successful
            for transition in ROUND:
                assert robot.change_state(transition), process.output()
                if transition == Transition.TRANSITION_ACTIVATE:
                    assert robot.wait_for(lambda: robot.watchers)
                    robot.send_and_wait(small_image, "hands")
            resident.append(resident_kilobytes(process.pid))
        assert process.stop() == 0
    rounds = np.array(resident).reshape(-1, len(CHOICES)).max(axis=1)
    print(f"resident memory by rounds, kB: {rounds.tolist()}")
    # The allocator's pools fill in a step or two; a network that is kept would be a step each time.
    assert rounds[-1] < 1.1 * rounds[len(rounds) // 2]
