"""The depth of played pictures, which lies beside them, and what a calibrated camera sees by it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.view import View
from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.frames import Frame
from handseg_ros.nodes.source.camera_calibration import load_calibration


class PlayedDepth:
    """A folder with a depth picture for each frame, of the frame's name."""

    def __init__(self, folder: Path, camera_info_url: str) -> None:
        """Raises MediaError or CalibrationError for a folder or calibration that has none."""
        of = load_calibration(camera_info_url)
        self._camera = Camera.of(of.width, of.height, of.k, of.d, of.distortion_model)
        self._pictures = DepthPictures(folder)

    def view(self, frame: Frame) -> View:
        """Return what the camera sees; raises HandsegError for a frame whose depth does not fit."""
        self._camera.check(frame.image.shape[:2])
        return View(DepthImage(self._pictures.read(frame.name)), self._camera)
