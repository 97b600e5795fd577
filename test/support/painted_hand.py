"""The painted shape of a hand, for pictures and for what networks could answer."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np


def paint_hand(
    image: np.ndarray, palm: np.ndarray, radius: float, angle: float, value: int
) -> None:
    """Paint a palm and five fingers, from an angle through half a turn, into uint8 (H, W).

    `palm` is the palm's centre (x, y) and `radius` its radius, in pixels; `angle` is in radians.
    """
    middle = np.rint(palm).astype(int).tolist()
    for turn in angle + np.linspace(0, np.pi, 5):
        tip = palm + 2.2 * radius * np.array([np.cos(turn), np.sin(turn)])
        end = np.rint(tip).astype(int).tolist()
        cv2.line(image, middle, end, value, max(2, round(0.6 * radius)))
    cv2.circle(image, middle, round(radius), value, -1)
