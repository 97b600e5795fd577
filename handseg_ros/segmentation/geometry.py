"""Image geometry: the one place that maps between frame, network and cell coordinates.

All coordinates are pixel centres: pixel 0 of a row covers 0 to 1 and has its centre at 0.5, so
scaling by s maps x to (x + 0.5) * s - 0.5 (the half-pixel convention of OpenCV's resize).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box

# Neutral grey, the same in training: it looks like neither skin nor a bright background.
PADDING = 114


@dataclass(frozen=True)
class Letterbox:
    """A frame scaled to fit a canvas with its aspect kept, placed at the canvas's top left.

    All sizes in pixels; `content_*` is the part of the canvas that shows the frame.
    """

    frame_width: int
    frame_height: int
    canvas_width: int
    canvas_height: int
    content_width: int
    content_height: int

    @classmethod
    def fit(cls, frame: tuple[int, int], canvas: tuple[int, int]) -> Letterbox:
        """Fit a frame of (height, width) into a canvas of (height, width)."""
        (height, width), (canvas_height, canvas_width) = frame, canvas
        scale = min(canvas_width / width, canvas_height / height)
        content_width = max(1, round(width * scale))
        content_height = max(1, round(height * scale))
        return cls(width, height, canvas_width, canvas_height, content_width, content_height)

    def apply(self, frame: np.ndarray) -> np.ndarray:
        """Return the canvas, uint8 (canvas_height, canvas_width, C), for a uint8 frame."""
        canvas = np.empty((self.canvas_height, self.canvas_width, *frame.shape[2:]), np.uint8)
        canvas[: self.content_height, : self.content_width] = self._content(frame)
        canvas[self.content_height :] = PADDING
        canvas[: self.content_height, self.content_width :] = PADDING
        return canvas

    def _content(self, frame: np.ndarray) -> np.ndarray:
        size = self.content_width, self.content_height
        if self.content_width >= self.frame_width:
            return cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
        factor = min(self.frame_width // size[0], self.frame_height // size[1])
        if factor < 2 or self.frame_width % factor or self.frame_height % factor:
            return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        # Averaging whole blocks first and interpolating the rest takes a quarter of the time of
        # averaging over fractions of pixels, and does not alias either.
        blocks = self.frame_width // factor, self.frame_height // factor
        averaged = cv2.resize(frame, blocks, interpolation=cv2.INTER_AREA)
        return cv2.resize(averaged, size, interpolation=cv2.INTER_LINEAR)

    def content_cells(self, stride: int) -> tuple[int, int]:
        """Return rows and columns of the cells of a map at `stride` that see the frame."""
        return math.ceil(self.content_height / stride), math.ceil(self.content_width / stride)

    def frame_box(self, columns: tuple[int, int], rows: tuple[int, int], stride: int) -> Box:
        """Return the frame's pixels under the cells first..last (inclusive), at least one."""
        x0, x1 = self._span(columns, stride, self.content_width, self.frame_width)
        y0, y1 = self._span(rows, stride, self.content_height, self.frame_height)
        return Box(x0, y0, x1 - x0, y1 - y0)

    @staticmethod
    def _span(cells: tuple[int, int], stride: int, content: int, frame: int) -> tuple[int, int]:
        scale = frame / content
        first = min(max(0, math.floor(cells[0] * stride * scale)), frame - 1)
        last = min(max(first + 1, math.ceil((cells[1] + 1) * stride * scale)), frame)
        return first, last

    def upsample(
        self, cells: np.ndarray, origin: tuple[int, int], box: Box, stride: int
    ) -> np.ndarray:
        """Sample a map at the frame's pixels of `box`, bilinearly.

        `cells` is float32 (rows, columns), a part of the map at `stride` whose first cell is
        `origin` = (row, column); returns float32 (box.height, box.width).
        """
        scale_x = self.content_width / self.frame_width / stride
        scale_y = self.content_height / self.frame_height / stride
        to_cells = np.array(
            [
                [scale_x, 0.0, (box.x + 0.5) * scale_x - 0.5 - origin[1]],
                [0.0, scale_y, (box.y + 0.5) * scale_y - 0.5 - origin[0]],
            ]
        )
        return cv2.warpAffine(
            cells,
            to_cells,
            (box.width, box.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
