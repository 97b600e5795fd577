"""What comes from the camera for one frame: its image, and the depth that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from sensor_msgs.msg import CameraInfo, Image

from handseg_ros.nodes.input.image_input import ImageMessage


@dataclass(frozen=True)
class DepthMessages:
    """A depth image, aligned to the colour image, and the colour image's calibration."""

    image: Image
    camera_info: CameraInfo


@dataclass(frozen=True)
class PendingFrame:
    """An image message and when it came, a time.monotonic() in seconds.

    `depth` belongs to it; None where depth is off, or none came in time.
    """

    message: ImageMessage
    when: float
    depth: DepthMessages | None = None
