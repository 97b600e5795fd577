"""The three buttons over the camera's picture: what they do, where they lie, what covers them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.hands import Box


class Action(enum.Enum):
    """What a button does: store the background, store a frame, end. The value is its name."""

    BACKGROUND = "Bkg"
    SAVE = "Sav"
    END = "Ext"


@dataclass(frozen=True)
class Button:
    """A button's place in the picture that people see, in parts of its width and height."""

    action: Action
    left: float
    top: float
    width: float
    height: float

    def box(self, height: int, width: int) -> Box:
        """Return its pixels in a picture of a size, one at least."""
        left, top = int(self.left * width), int(self.top * height)
        right, bottom = (
            int((self.left + self.width) * width),
            int((self.top + self.height) * height),
        )
        return Box(left, top, max(1, right - left), max(1, bottom - top))

    def coverage(self, mask: np.ndarray) -> float:
        """Return which share of it is hand in a mask of the picture: uint8 (height, width)."""
        box = self.box(*mask.shape)
        return float(np.count_nonzero(mask[box.slices]) / (box.width * box.height))


# At the upper edge: hands that rest are low, and each is far from the others.
BUTTONS = (
    Button(Action.BACKGROUND, 0.04, 0.05, 0.2, 0.2),
    Button(Action.SAVE, 0.40, 0.05, 0.2, 0.2),
    Button(Action.END, 0.76, 0.05, 0.2, 0.2),
)


def action_at(x: float, y: float) -> Action | None:
    """Return what lies at a place of the picture, in parts of its width and height."""
    for button in BUTTONS:
        is_across = button.left <= x < button.left + button.width
        if is_across and button.top <= y < button.top + button.height:
            return button.action
    return None
