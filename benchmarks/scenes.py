"""Pictures with a known number of hands, at any size, from a rendered picture of the repository."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from handseg_ros.evaluation.pictures import read_picture

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
