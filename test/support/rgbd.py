"""A colour camera with aligned depth and a calibration, whose stamps are the test's to choose."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array

import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from support.camera_images import image_message
from support.robot import Robot

FRAME = "camera_optical_frame"
SECOND = 1_000_000_000
# Pixels; the camera looks along the middle of a picture of 256x256.
FOCAL = 256.0


def header(stamp: int, frame: str = FRAME) -> Header:
    """Return a header with a stamp in nanoseconds."""
    made = Header(frame_id=frame)
    made.stamp.sec, made.stamp.nanosec = divmod(stamp, SECOND)
    return made


def depth_message(depth: np.ndarray, big: bool = False, padding: int = 0) -> Image:
    """Return depth as a message: 16UC1 for uint16 millimetres, 32FC1 for float32 metres.

    `big` has the other byte order, `padding` bytes stand after each row.
    """
    height, width = depth.shape
    values = depth.astype(depth.dtype.newbyteorder(">" if big else "<"))
    rows = np.pad(values.view(np.uint8).reshape(height, -1), ((0, 0), (0, padding)))
    return Image(
        height=height,
        width=width,
        encoding="16UC1" if depth.dtype == np.uint16 else "32FC1",
        is_bigendian=int(big),
        step=rows.shape[1],
        data=array.array("B", rows.tobytes()),
    )


def calibration(height: int, width: int) -> CameraInfo:
    """Return the calibration of a camera without distortion."""
    k = [FOCAL, 0.0, width / 2, 0.0, FOCAL, height / 2, 0.0, 0.0, 1.0]
    return CameraInfo(height=height, width=width, distortion_model="plumb_bob", d=[0.0] * 5, k=k)


class RgbdCamera:
    """Publishes image, depth and camera_info; every call of `tick` gives a later stamp."""

    def __init__(
        self,
        robot: Robot,
        reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
        namespace: str = "",
    ) -> None:
        self._robot = robot
        self._stamp = 1000 * SECOND
        node = robot.node
        profile = QoSProfile(depth=20, reliability=reliability)
        self._publishers = {
            name: node.create_publisher(kind, f"{namespace}/{name}", profile)
            for name, kind in (("image", Image), ("depth", Image), ("camera_info", CameraInfo))
        }

    def tick(self, seconds: float = 0.1) -> int:
        """Return a stamp so much later than the last, in nanoseconds; earlier when negative."""
        self._stamp += round(seconds * SECOND)
        return self._stamp

    def watchers(self, name: str) -> int:
        """How many subscribe to image, depth or camera_info."""
        return int(self._publishers[name].get_subscription_count())

    def is_watched(self) -> bool:
        """Whether all three are listened to."""
        return all(self.watchers(name) for name in self._publishers)

    def unplug(self, name: str) -> None:
        """Publish image, depth or camera_info no more."""
        self._robot.node.destroy_publisher(self._publishers.pop(name))

    def send_image(self, bgr: np.ndarray, stamp: int) -> None:
        """Send a picture."""
        self._send("image", image_message(bgr, "bgr8"), stamp)

    def send_depth(self, message: Image, stamp: int, frame: str = FRAME) -> None:
        """Send depth."""
        self._send("depth", message, stamp, frame)

    def send_calibration(self, message: CameraInfo, stamp: int) -> None:
        """Send a calibration."""
        self._send("camera_info", message, stamp)

    def _send(self, name: str, message: Image | CameraInfo, stamp: int, frame: str = FRAME) -> None:
        message.header = header(stamp, frame)
        self._publishers[name].publish(message)
