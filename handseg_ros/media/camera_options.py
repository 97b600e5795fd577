"""What a camera is asked for before its first frame."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

MJPG = "MJPG"
_CODE_LENGTH = 4
# What a USB 2 cable carries uncompressed at 30 frames a second.
_LARGEST_WIDTH, _LARGEST_HEIGHT = 640, 480


@dataclass(frozen=True)
class CameraOptions:
    """Size in pixels, four-letter pixel format and exposure; 0 and '' leave them to the camera.

    `exposure` is in the driver's unit, 0.1 ms for V4L2's exposure_time_absolute.
    """

    width: int = 0
    height: int = 0
    pixel_format: str = ""
    exposure: float = 0.0

    @property
    def code(self) -> str:
        """The pixel format to ask for: above 640x480 MJPG, unless another is chosen; or ''."""
        if self.pixel_format:
            return self.pixel_format.upper().ljust(_CODE_LENGTH)[:_CODE_LENGTH]
        is_large = self.width > _LARGEST_WIDTH or self.height > _LARGEST_HEIGHT
        return MJPG if is_large else ""
