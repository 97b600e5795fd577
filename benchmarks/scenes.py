"""Pictures with a known number of hands, at any size, and depth that could be theirs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.segmentation.segmenter import Segmenter

_PICTURE = Path(__file__).resolve().parents[1] / "assets" / "rendered_hands.png"


def picture_with(hands: int, width: int, height: int) -> np.ndarray:
    """Return a picture that shows 1, 2 or 4 hands: uint8 (height, width, 3), BGR."""
    picture = read_picture(_PICTURE)
    views = {
        1: picture[:, : picture.shape[1] // 2],
        2: picture,
        4: np.vstack([picture, picture[:, ::-1]]),
    }
    return cv2.resize(views[hands], (width, height), interpolation=cv2.INTER_AREA)


def depth_of(picture: np.ndarray) -> np.ndarray:
    """Return noisy depth, uint16 millimetres: a picture's hands at 0.6 m, a wall at 1.5 m."""
    mask = Segmenter.load().segment(picture).mask() > 0
    noise = np.random.default_rng(0).normal(0.0, 4.0, mask.shape)
    depth: np.ndarray = (np.where(mask, 600.0, 1500.0) + noise).astype(np.uint16)
    return depth
