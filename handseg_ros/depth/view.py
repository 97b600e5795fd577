"""What a camera sees in metres: a depth image and the calibration that it is aligned to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.surface import Surface, find_surface
from handseg_ros.segmentation.errors import DepthError
from handseg_ros.segmentation.hands import Box


@dataclass(frozen=True)
class View:
    """A depth image whose pixels are those of the colour image that `camera` is of.

    Raises DepthError when the sizes differ. `Camera.check` compares the colour image's. What is
    found of a region is kept with the view: positions, points and keep-out areas of one frame
    share it. Not for use by two threads at once.
    """

    depth: DepthImage
    camera: Camera
    # By the mask and its box; the mask is kept beside, so that its id is given to no other one.
    _surfaces: dict[tuple[int, Box], tuple[np.ndarray, Surface | None]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.depth.size != self.camera.size:
            height, width = self.depth.size
            raise DepthError(
                f"depth {width}x{height} is not aligned to {self.camera.width}x"
                f"{self.camera.height}: have the driver register depth to the colour image"
            )

    def surface(self, box: Box, mask: np.ndarray) -> Surface | None:
        """Return what of a region's depth is its own, or None where that cannot be known.

        `mask` is uint8 (box.height, box.width), 0 or 255, in a box within the image. It is found
        once for each mask, which takes 0.3 ms, so neither mask nor depth may be changed afterwards.
        """
        key = id(mask), box
        if key not in self._surfaces:
            self._surfaces[key] = mask, find_surface(self.depth, box, mask)
        return self._surfaces[key][1]
