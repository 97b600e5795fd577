"""Several cameras, and what a node that has them all answers to each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from handseg_ros.msg import HandInstances
from sensor_msgs.msg import CompressedImage, Image
from support.camera_images import image_message, jpeg_message
from support.robot import NODE, Robot


class Cameras:
    """Cameras of a node, and what it answers to each."""

    def __init__(self, robot: Robot, names: Sequence[str], transport: str = "raw") -> None:
        self.robot = robot
        node = robot.node
        self._is_raw = transport == "raw"
        kind, sibling = (Image, "") if self._is_raw else (CompressedImage, "/compressed")
        self.publishers = {
            name: node.create_publisher(kind, f"/{name}/image{sibling}", 10) for name in names
        }
        self.hands: dict[str, list[Any]] = {name: [] for name in names}
        for name, answers in self.hands.items():
            topic = f"{NODE}/{name}/hands"
            node.create_subscription(HandInstances, topic, answers.append, 50)

    def wait_for_node(self) -> bool:
        """Wait until the node listens to all."""
        publishers = self.publishers.values()
        return self.robot.wait_for(
            lambda: all(each.get_subscription_count() for each in publishers)
        )

    def send(self, name: str, picture: np.ndarray, second: int) -> None:
        """Send a picture with a stamp."""
        message = image_message(picture, "bgr8") if self._is_raw else jpeg_message(picture)
        message.header.frame_id = f"{name}_optical_frame"
        message.header.stamp.sec = second
        self.publishers[name].publish(message)

    def figures(self, name: str) -> dict[str, str]:
        """Return what diagnostics tell of a camera from now on."""
        robot = self.robot
        robot.statuses.clear()

        def found() -> list[Any]:
            return [each for each in robot.statuses if each.name.endswith(f": {NODE}/{name}")]

        assert robot.wait_for(found), f"no status of {name}"
        return {pair.key: pair.value for pair in found()[-1].values}
