"""What comes from the camera for one frame: its image, and the depth that belongs to it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sensor_msgs.msg import CameraInfo

from handseg_ros.image_messages import layout
from handseg_ros.nodes.input.frame_input import ImageMessage


class DepthImageMessage(layout.ImageMessage, Protocol):
    """What is read of a sensor_msgs/Image with depth."""

    header: Any


@dataclass(frozen=True)
class DepthMessages:
    """A depth image, aligned to the colour image, and the colour image's calibration."""

    image: DepthImageMessage
    camera_info: CameraInfo


@dataclass(frozen=True)
class PendingFrame:
    """An image message and when it came, a time.monotonic() in seconds.

    `depth` belongs to it; None where depth is off, or none came in time.
    """

    message: ImageMessage
    when: float
    depth: DepthMessages | None = None
