"""Guards what the node says when the CPU runs its network in place of the provider asked for."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from support.camera_images import image_message
from support.node import start_node
from support.providers import LACKING
from support.robot import Robot

EMPTY = np.zeros((120, 160, 3), np.uint8)
WORDS = f"provider '{LACKING}' is not in the installed ONNX Runtime, so the CPU runs the network"


def test_a_replaced_provider_is_told_and_the_network_runs(robot: Robot) -> None:
    with start_node(f"provider:={LACKING}") as process:
        assert WORDS in process.wait_for_output("runs the network")
        assert "licence Apache-2.0, training data " in process.wait_for_output("loaded ")
        assert robot.wait_for_status(lambda status: WORDS in status.message)
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        robot.send_and_wait(image_message(EMPTY, "bgr8"), "hands")
        figures = robot.figures()
        assert figures["provider"] == "cpu"
        assert len({*figures["provider_operators"].split(" of ")}) == 1
        # It cannot be required of a node that runs, and need not be wanted any longer.
        refused = robot.set_parameter("require_provider", True)
        assert not refused.successful
        assert f"'{LACKING}' is not in the installed ONNX Runtime, but it" in refused.reason
        assert robot.set_parameter("provider", "cpu").successful
        assert robot.set_parameter("require_provider", True).successful
        assert not robot.set_parameter("provider", LACKING).successful

        def is_ok() -> bool:
            robot.send(image_message(EMPTY, "bgr8"))
            return robot.statuses[-1].level == DiagnosticStatus.OK

        assert robot.wait_for(is_ok)
        assert process.stop() == 0


def test_a_provider_that_is_required_ends_the_process() -> None:
    with start_node(f"provider:={LACKING}", "require_provider:=true") as process:
        assert process.wait() == 1
        assert f"'{LACKING}' is not in the installed ONNX Runtime, but it is" in process.output()
        assert "Traceback" not in process.output()
