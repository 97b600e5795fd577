"""Guards hand_camera_node against files that are no pictures, and bytes that are no depth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import re
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handseg_ros.msg import HandInstances
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, Image
from support.cases import MORE, cases, tries
from support.damaged_messages import damaged
from support.processes import RunningProcess, running_process
from support.rgbd import depth_message
from support.robot import Robot
from support.strange_images import StrangePicture, strange_pictures

from handseg_ros.media import write_picture

pytestmark = pytest.mark.slow

NODE = "/hand_camera"
FILE_CASES, BYTES_CASES = 500, 30
SUFFIXES = (".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm")
LAST = (48, 100, 3)


def start_camera(*given: str) -> AbstractContextManager[RunningProcess]:
    """Start the node with the quickest model and parameters, each given as name:=value."""
    words = [word for each in ("model:=hands_fast", *given) for word in ("-p", each)]
    module = "handseg_ros.nodes.hand_camera_node"
    return running_process([sys.executable, "-m", module, "--ros-args", *words])


def listen(robot: Robot) -> list[Any]:
    """Keep the node's hands from now on."""
    kept: list[Any] = []
    robot.node.create_subscription(HandInstances, f"{NODE}/hands", kept.append, 50)
    return kept


def test_files_of_any_bytes(robot: Robot, tmp_path: Path) -> None:
    """Each is a frame, or told and left out; the last one, which is whole, is answered."""
    numbers = itertools.count()

    @given(strange_pictures())
    @cases(FILE_CASES)
    def write(strange: StrangePicture) -> None:
        number = next(numbers)
        name = f"{number:06}{SUFFIXES[number % len(SUFFIXES)]}"
        (tmp_path / name).write_bytes(strange.data)

    write()
    written = next(numbers)
    assert written >= tries(FILE_CASES, MORE * FILE_CASES)
    write_picture(tmp_path / "999999.png", np.full(LAST, 90, np.uint8))
    hands = listen(robot)
    with start_camera(f"source:={tmp_path}", "rate:=1000.0") as camera:
        assert camera.wait(600) == 0, camera.output()
        output = camera.output()
    assert robot.wait_for(lambda: hands and (hands[-1].height, hands[-1].width) == LAST[:2])
    assert "Traceback" not in output
    (told,) = re.findall(r"ended after (\d+) frames, (\d+) skipped", output)
    frames, skipped = map(int, told)
    assert frames + skipped == written + 1
    assert frames > written // 10
    assert skipped > written // 10


@pytest.mark.parametrize(("kind", "topic"), [(Image, "/depth"), (CameraInfo, "/camera_info")])
def test_bytes_that_are_no_depth_and_no_calibration(
    robot: Robot, tmp_path: Path, kind: type, topic: str
) -> None:
    """Frames are answered after each of them, and the node ends as it should."""
    write_picture(tmp_path / "0.png", np.full(LAST, 90, np.uint8))
    whole = serialize_message(
        depth_message(np.full(LAST[:2], 900, np.uint16))
        if kind is Image
        else CameraInfo(height=48, width=100, distortion_model="plumb_bob", d=[0.0] * 5)
    )
    hands, sender = listen(robot), robot.node.create_publisher(kind, topic, 10)
    with start_camera(f"source:={tmp_path}", "loop:=true", "rate:=30.0", "depth:=true") as camera:
        assert robot.wait_for(lambda: hands and sender.get_subscription_count()), camera.output()

        @given(damaged(whole) | st.binary(max_size=80))
        @cases(BYTES_CASES)
        def send(data: bytes) -> None:
            # rclpy itself refuses to hand on what has not even the four bytes before the message
            sender.publish(data.ljust(4, b"\0"))
            hands.clear()
            assert robot.wait_for(lambda: hands), camera.output()

        send()
        assert camera.stop() == 0, camera.output()
        assert "Traceback" not in camera.output()
