"""Guards the node against cameras of 12 bits on mono16: hands are found, and it is said why."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array

import cv2
import numpy as np
from sensor_msgs.msg import Image
from support.camera_images import image_message
from support.node import start_node
from support.robot import Robot

from handseg_ros.image_messages.decode import to_bgr


def _of_12_bits(bgr: np.ndarray) -> Image:
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype("<u2") << 4
    height, width = grey.shape
    message = Image(height=height, width=width, encoding="mono16", step=2 * width)
    message.data = array.array("B", grey.tobytes())
    return message


def test_hands_are_found_in_images_of_12_bits(robot: Robot, hand_picture: np.ndarray) -> None:
    picture = cv2.resize(hand_picture, (320, 240), interpolation=cv2.INTER_AREA)
    message = _of_12_bits(picture)
    # The overlay is then the image as the network gets it.
    with start_node("overlay_mode:=none") as process:
        robot.listen("hands", "overlay")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        usual = robot.send_and_wait(image_message(picture, "mono8"), "hands", "overlay")
        for _ in range(2):
            hands, overlay = robot.send_and_wait(message, "hands", "overlay")
            assert len(hands.hands) == len(usual[0].hands) >= 1
            difference = to_bgr(overlay).astype(int) - to_bgr(usual[1])
            assert np.abs(difference).max() <= 1
        said = "images on /image: values of 16 bits use 12 of them"
        assert process.output().count(said) == 1
        assert "the parameter significant_bits sets it" in process.output()
        assert robot.set_parameter("significant_bits", 16).successful
        (overlay,) = robot.send_and_wait(message, "overlay")
        assert to_bgr(overlay).max() < 16
