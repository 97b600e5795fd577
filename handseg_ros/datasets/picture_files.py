"""Pictures and masks from files, with an error that names the file."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from handseg_ros.segmentation.errors import MediaError


def read_picture(file: Path) -> np.ndarray:
    """Return a picture as uint8 (H, W, 3), BGR; raises MediaError when it is none."""
    return _read(file, cv2.IMREAD_COLOR)


def read_mask(file: Path) -> np.ndarray:
    """Return a mask as uint8 (H, W); raises MediaError when it is none."""
    return _read(file, cv2.IMREAD_GRAYSCALE)


def _read(file: Path, mode: int) -> np.ndarray:
    image = cv2.imread(str(file), mode)
    if image is None:
        raise MediaError(f"{file} is no picture: delete it or fetch it again")
    return image
