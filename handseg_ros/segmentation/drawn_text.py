"""Text drawn into pictures with OpenCV's own font, which has the characters of ASCII."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np

_FONT = cv2.FONT_HERSHEY_SIMPLEX


def drawable(text: str) -> str:
    """Return a text with \\udce9 for a byte that is not UTF-8, as names of files may have.

    On such a character OpenCV would end the process.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True)
class TextStyle:
    """`size` in OpenCV's scale (1 is 22 pixels high), `stroke` in pixels, `colour` in BGR."""

    size: float
    stroke: int
    colour: tuple[int, int, int]

    @classmethod
    def of(cls, size: float, colour: tuple[int, int, int]) -> TextStyle:
        """Return the style of a size, with a stroke that goes with it."""
        return cls(size, max(1, round(size * 1.8)), colour)

    def measure(self, text: str) -> tuple[tuple[int, int], int]:
        """Return a line's width and height above its base line, and its depth below it, pixels."""
        (width, height), below = cv2.getTextSize(drawable(text), _FONT, self.size, self.stroke)
        return (width, height), below

    def draw(self, picture: np.ndarray, text: str, place: tuple[int, int]) -> None:
        """Draw a line into uint8 BGR (height, width, 3), from the left end of its base line on."""
        line = drawable(text)
        # Thin strokes side by side: OpenCV takes ten times as long for one thick and smooth.
        for right, down in itertools.product(range(self.stroke), repeat=2):
            start = place[0] + right, place[1] + down
            cv2.putText(picture, line, start, _FONT, self.size, self.colour, 1, cv2.LINE_AA)
