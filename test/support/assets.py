"""The repository's own pictures of hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

_FOLDER = Path(__file__).resolve().parents[2] / "assets"
PICTURE = _FOLDER / "rendered_hands.png"
CLIP = _FOLDER / "rendered_hands.avi"


def rendered_hands() -> np.ndarray:
    """Return the picture: uint8 (480, 640, 3), BGR."""
    pixels = cv2.imread(str(PICTURE))
    assert pixels is not None
    return pixels
