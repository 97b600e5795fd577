"""What a camera sees in metres: a depth image and the calibration that it is aligned to."""

from __future__ import annotations

from dataclasses import dataclass

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.segmentation.errors import DepthError


@dataclass(frozen=True)
class View:
    """A depth image whose pixels are those of the colour image that `camera` is of.

    Raises DepthError when the sizes differ. `Camera.check` compares the colour image's.
    """

    depth: DepthImage
    camera: Camera

    def __post_init__(self) -> None:
        if self.depth.size != self.camera.size:
            height, width = self.depth.size
            raise DepthError(
                f"depth {width}x{height} is not aligned to {self.camera.width}x"
                f"{self.camera.height}: have the driver register depth to the colour image"
            )
