"""Guards how a node's process ends: its exit code, its last words, and no trace of Python."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import sys
from contextlib import AbstractContextManager

import pytest
from support.processes import RunningProcess, running_process

# A node whose callback does what the test says, once, and says farewell over ROS at its end.
SCRIPT = """
import sys
from rclpy.node import Node
from std_msgs.msg import String
from handseg_ros.nodes.process import NodeFinished, run_node
from handseg_ros.segmentation.errors import HandsegError, MediaError

class Tried(Node):
    def __init__(self):
        super().__init__("tried")
        self.words = self.create_publisher(String, "words", 1)
        self.timer = self.create_timer(0.05, self.act)
        if "start" in sys.argv:
            raise MediaError("no film in the camera: put one in")

    def act(self):
        print("acting", flush=True)
        {action}

    def destroy_node(self):
        self.words.publish(String(data="farewell"))
        print("said farewell", flush=True)
        super().destroy_node()

sys.exit(run_node(Tried))
"""


def run_script(action: str, *arguments: str) -> AbstractContextManager[RunningProcess]:
    return running_process([sys.executable, "-c", SCRIPT.format(action=action), *arguments])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_a_clean_end(number: signal.Signals) -> None:
    with run_script("pass") as process:
        process.wait_for_output("acting")
        assert process.stop(number) == 0
        assert process.output().endswith("said farewell\n")


COUNTING = """
        import sys
        self.timer.timer_period_ns = 100_000
        self.ticks = getattr(self, "ticks", 0) + 1
        if self.ticks in (1000, 4000):
            print("blocks", sys.getallocatedblocks(), flush=True)
        if self.ticks == 4000:
            raise NodeFinished
"""


def test_a_node_that_spins_on_keeps_nothing_of_its_callbacks() -> None:
    """A day of 30 images a second is millions of callbacks: one object of each is gigabytes."""
    with run_script(COUNTING) as process:
        assert process.wait() == 0
        counts = [line.split()[1] for line in process.output().splitlines() if "blocks" in line]
    before, after = map(int, counts)
    assert after - before < 1000


def test_opencv_leaves_the_other_cores_alone() -> None:
    with run_script("import cv2; print(cv2.getNumThreads(), 'thread', flush=True)") as process:
        process.wait_for_output("1 thread")
        assert process.stop() == 0


def test_callback_in_progress_is_completed() -> None:
    with run_script("import time; time.sleep(0.5); print('acted', flush=True)") as process:
        process.wait_for_output("acting")
        assert process.stop() == 0
        assert process.output().endswith("acted\nsaid farewell\n")


def test_finished_is_a_clean_end() -> None:
    with run_script("raise NodeFinished") as process:
        assert process.wait() == 0
        assert process.output() == "acting\nsaid farewell\n"


@pytest.mark.parametrize(
    ("action", "arguments"),
    [("raise MediaError('no film in the camera: put one in')", []), ("pass", ["start"])],
    ids=["in a callback", "on start"],
)
def test_error_for_the_user_is_one_line(action: str, arguments: list[str]) -> None:
    with run_script(action, *arguments) as process:
        assert process.wait() == 1
        output = process.output()

    (line,) = [line for line in output.splitlines() if "no film in the camera" in line]
    assert "FATAL" in line
    assert line.endswith("no film in the camera: put one in")
    assert "Traceback" not in output


def test_any_other_error_is_told_in_full() -> None:
    with run_script("raise KeyError('a mistake of ours')") as process:
        assert process.wait() == 1
        output = process.output()

    assert "Traceback" in output
    assert "a mistake of ours" in output
    assert "said farewell" in output
