"""Makes the picture of the page on capture: `python tools/documentation/capture_picture.py`.

A picture of this repository, in a session whose countdown to a frame runs.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from handseg_ros.capture.buttons import Action
from handseg_ros.capture.drawing import draw_capture
from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions, CaptureSession
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PICTURE, TARGET = ASSETS / "rendered_hands.png", ASSETS / "capture.webp"
QUALITY = 80


def main() -> None:
    """Write the picture anew."""
    image = cv2.imread(str(PICTURE))
    assert image is not None
    found = Segmenter.load().segment(image)
    empty = np.zeros(image.shape[:2], np.uint8)
    options = CaptureOptions(background_delay=0.0, background_frames=1, is_mirrored=True)
    with tempfile.TemporaryDirectory() as folder:
        session = CaptureSession(CaptureFolder(Path(folder)), options)
        session.step(image, empty, 0.0, Action.BACKGROUND)
        state = session.step(image, found.mask(), 1.0, Action.SAVE)
    shown = draw_capture(draw_overlay(image, found, OverlayMode.CONTOUR), state)
    Image.fromarray(cv2.cvtColor(shown, cv2.COLOR_BGR2RGB)).save(TARGET, quality=QUALITY)


if __name__ == "__main__":
    main()
