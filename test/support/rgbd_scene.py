"""A hand and an object before a wall, seen by a camera with depth and answered by the node."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import numpy as np
from handseg_ros.msg import HandInstance
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from support.rgbd import RgbdCamera, calibration, header
from support.robot import Robot

SIZE = 256
HAND = np.s_[50:100, 50:100]
THING = np.s_[60:90, 100:130]
NEAR, FAR = 600, 1500


def picture() -> np.ndarray:
    """Return a hand, green, that touches an object, blue."""
    frame = np.zeros((SIZE, SIZE, 3), np.uint8)
    frame[HAND] = 0, 200, 0
    frame[THING] = 200, 0, 0
    return frame


def millimetres() -> np.ndarray:
    """Return the depth of hand and object before a wall."""
    depth = np.full((SIZE, SIZE), FAR, np.uint16)
    depth[HAND] = NEAR
    depth[THING] = NEAR + 50
    return depth


class RgbdScene:
    """A robot, its camera and the node, which looks at the same picture again and again."""

    def __init__(
        self, robot: Robot, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE
    ) -> None:
        self.robot = robot
        self.camera = RgbdCamera(robot, reliability)

    def wait_until_watched(self) -> None:
        assert self.robot.wait_for(self.camera.is_watched), self.robot.status_text()

    def answers(self, stamp: int, *topics: str) -> list[Any]:
        """Return the answers with this stamp, one for each topic."""
        when = header(stamp).stamp
        key = (when.sec, when.nanosec)
        came = self.robot.wait_for(lambda: all(self.answer(topic, key) for topic in topics))
        assert came, f"no answer on all of {topics}: {self.robot.status_text()}"
        return [self.answer(topic, key) for topic in topics]

    def answer(self, topic: str, key: tuple[int, int]) -> Any:
        if topic != "markers":
            return self.robot.answer(topic, key)
        for message in self.robot.answers[topic]:
            stamp = message.markers[0].header.stamp if message.markers else None
            if stamp is not None and (stamp.sec, stamp.nanosec) == key:
                return message
        return None

    def send(self, depth: Image, offset: float = 0.0, info: CameraInfo | None = None) -> int:
        """Send picture, calibration and depth, the latter's stamp so many seconds later."""
        stamp = self.camera.tick()
        self.camera.send_calibration(info or calibration(SIZE, SIZE), stamp)
        self.camera.send_image(picture(), stamp)
        self.camera.send_depth(depth, stamp + round(offset * 1e9))
        return stamp

    def hand(self, depth: Image, offset: float = 0.0) -> HandInstance:
        """Send all three, and return the one hand of the answer."""
        (hands,) = self.answers(self.send(depth, offset), "hands")
        (hand,) = hands.hands
        return hand

    def wait_for_problem(self, *words: str) -> None:
        """Wait until diagnostics tell, in these words, why the last image had no depth."""

        def is_told() -> bool:
            problem = self.robot.figures()["last_depth_problem"]
            return all(word in problem for word in words)

        assert self.robot.wait_for(is_told), self.robot.figures()["last_depth_problem"]


def pixels_of(message: Image, dtype: np.dtype) -> np.ndarray:
    """Return the pixels of a picture of one channel and this type."""
    return np.frombuffer(message.data, dtype).reshape(message.height, message.width)
