"""Depth that lies beside pictures: a folder of 16-bit PNG files named as the frames."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from handseg_ros.image_messages.pictures import decode_picture
from handseg_ros.segmentation.errors import ImageError, MediaError
from handseg_ros.segmentation.user_path import user_path

SUFFIX = ".png"


class DepthPictures:
    """A folder that holds the depth of each frame as 16-bit grey PNG: millimetres, 0 = not known.

    Raises MediaError when there is no such file in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = user_path(folder)
        if not any(self._folder.glob(f"*{SUFFIX}")):
            raise MediaError(
                f"the folder '{folder}' has no depth in it: give a folder with a 16-bit PNG in "
                "millimetres for each picture, of the picture's name"
            )

    def read(self, name: str) -> np.ndarray:
        """Return a frame's depth, uint16 (height, width), by the frame's name.

        Raises MediaError if there is none, and ImageError if it is damaged or no depth.
        """
        path = self._folder / f"{name}{SUFFIX}"
        what = f"the depth '{path}'"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MediaError(
                f"{what} cannot be read, {error.strerror}: each picture needs depth of its name"
            ) from error
        depth = decode_picture(data, what, cv2.IMREAD_UNCHANGED)
        if depth.dtype != np.uint16 or depth.ndim != 2:
            raise ImageError(
                f"{what} is {depth.dtype} of shape {depth.shape}: write it as 16-bit grey PNG in "
                "millimetres"
            )
        return depth
