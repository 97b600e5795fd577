"""The painted scene as a network's input image shows it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from support.scene import FRAME, HANDS, THING, painted_ids

from handseg_ros.segmentation.geometry import ResizeTransform

# The logit of what a trained network is sure of.
SURE = 6.0


@dataclass(frozen=True)
class View:
    """The scene on a network's input image: how much of each pixel each thing covers, 0 to 1.

    `covered` is float32 (things, height, width), the hands first and the object last.
    """

    covered: np.ndarray

    @classmethod
    def of(cls, transform: ResizeTransform) -> View:
        """Return the scene as the input image shows it, nothing in its grey borders."""
        ids = painted_ids()
        nothing = transform.apply(np.zeros(FRAME, np.uint8)).astype(np.float32)
        planes = [
            transform.apply(np.where(ids == number, 255, 0).astype(np.uint8)) - nothing
            for number in (*HANDS, THING)
        ]
        return cls(np.stack(planes) / np.float32(255))

    def edges(self) -> np.ndarray:
        """Return the box around each thing: (things, 4) left, top, right, bottom."""
        boxes = [cv2.boundingRect((plane > 0.5).astype(np.uint8)) for plane in self.covered]
        return np.array([(x, y, x + width, y + height) for x, y, width, height in boxes], float)

    def ids(self) -> np.ndarray:
        """Return uint8 (height, width): each hand's number in the pixels that are mostly its."""
        hands = self.covered[: len(HANDS)]
        return np.where(hands.max(axis=0) > 0.5, hands.argmax(axis=0) + 1, 0).astype(np.uint8)


def logits(shares: np.ndarray) -> np.ndarray:
    """Return the logits of a network that is sure, float32, of shares from 0 to 1."""
    return np.asarray((2 * shares - 1) * np.float32(SURE), np.float32)
