"""Guards the stream against a reliable listener that stalls: nobody else waits for it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import statistics
import sys
import time

import numpy as np
import pytest
from sensor_msgs.msg import Image
from support.accounts import settled
from support.camera_images import image_message
from support.cases import tries
from support.node import start_node
from support.processes import running_process
from support.robot import Robot

pytestmark = [pytest.mark.slow, pytest.mark.alone]

# Takes every output reliably; told to, it keeps all and looks at none after the first.
LISTENER = """
import sys, time, rclpy
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

def keep(message):
    print("listens", flush=True)
    if "sleeps" in sys.argv:
        time.sleep(3600)

rclpy.init()
node = rclpy.create_node("listener")
reliable = ReliabilityPolicy.RELIABLE
everything = QoSProfile(history=HistoryPolicy.KEEP_ALL, reliability=reliable)
last_ten = QoSProfile(depth=10, reliability=reliable)
profile = everything if "sleeps" in sys.argv else last_ten
for name in ("mask", "instances", "overlay"):
    node.create_subscription(Image, f"/hand_segmentation/{name}", keep, profile)
rclpy.spin(node)
"""


def seconds(robot: Robot, message: Image, images: int) -> list[float]:
    """Return how long each image took from the camera to the hands."""
    taken = []
    for _ in range(images):
        began = time.perf_counter()
        robot.send_and_wait(message, "hands")
        taken.append(time.perf_counter() - began)
    return taken


@pytest.mark.parametrize("how", ["stopped", "sleeps"])
def test_a_stalled_listener_delays_nobody(robot: Robot, how: str) -> None:
    images = tries(20, 1000)
    message = image_message(np.full((240, 320, 3), 90, np.uint8), "bgr8")
    with start_node("model:=hands_fast") as process:
        robot.listen("hands", "overlay")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        before = seconds(robot, message, images)
        with running_process([sys.executable, "-c", LISTENER, how]) as listener:
            while "listens" not in listener.output():
                robot.send_and_wait(message, "hands")
            if how == "stopped":
                listener.signal(signal.SIGSTOP)
            try:
                during = seconds(robot, message, images)
                counts = settled(robot)
            finally:
                listener.kill()
        assert process.stop() == 0
    assert counts["frames_failed"] == counts["frames_bad"] == 0
    print(f"{how}: {statistics.median(during) / statistics.median(before):.2f} of the time before")
    # Made and sent for one listener more, an image may take longer, but it never waits.
    assert statistics.median(during) < 3 * statistics.median(before)
