"""What the demo leaves on disk: an overlay video and a contact sheet."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from handseg_ros.media.sinks import VideoSink, write_picture

_COLUMNS, _ROWS = 4, 4
_TILE = (240, 320)
_GAP = 4
_RATE = 10.0
_SMALLEST_VIDEO = (480, 640)


class OverlayRecorder:
    """Writes overlays (uint8 BGR, any sizes) to a video as they come, and samples of them at last.

    The first picture's size, scaled up to at least 640x480, is the video's; the others are fitted
    into it. Memory does not grow with the number of pictures.
    """

    def __init__(self, video: Path, sheet: Path) -> None:
        self.video = video
        self.sheet = sheet
        self.length = 0
        self._sink = VideoSink(video, _RATE)
        self._size: tuple[int, int] | None = None
        self._samples: list[np.ndarray] = []
        self._stride = 1

    def __enter__(self) -> OverlayRecorder:
        """Begin to film."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Complete the video and write the contact sheet, if there was anything to see."""
        self._sink.close()
        if self._samples:
            write_picture(self.sheet, _contact_sheet(self._samples))

    def add(self, picture: np.ndarray) -> None:
        """Append one overlay."""
        if self._size is None:
            self._size = _video_size(picture)
        self._sink.write(_fitted(picture, self._size))
        if self.length % self._stride == 0:
            self._samples.append(_fitted(picture, _TILE))
        self.length += 1
        if len(self._samples) == 2 * _COLUMNS * _ROWS:
            # Half as many, twice as far apart: evenly spread however long the film becomes.
            self._samples = self._samples[::2]
            self._stride *= 2


def _video_size(picture: np.ndarray) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = max(1.0, min(_SMALLEST_VIDEO[0] / height, _SMALLEST_VIDEO[1] / width))
    height, width = round(height * scale), round(width * scale)
    # Video codecs take even sizes only.
    return height + height % 2, width + width % 2


def _contact_sheet(samples: list[np.ndarray]) -> np.ndarray:
    count = min(len(samples), _COLUMNS * _ROWS)
    chosen = np.linspace(0, len(samples) - 1, count).round().astype(int)
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    step_y, step_x = _TILE[0] + _GAP, _TILE[1] + _GAP
    sheet = np.full((rows * step_y + _GAP, columns * step_x + _GAP, 3), 255, np.uint8)
    for tile, index in enumerate(chosen):
        y, x = _GAP + tile // columns * step_y, _GAP + tile % columns * step_x
        sheet[y : y + _TILE[0], x : x + _TILE[1]] = samples[index]
    return sheet


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the picture scaled into (height, width), centred, black beside it."""
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    height, width = round(picture.shape[0] * scale), round(picture.shape[1] * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    fitted = np.zeros((*size, 3), np.uint8)
    y, x = (size[0] - height) // 2, (size[1] - width) // 2
    fitted[y : y + height, x : x + width] = cv2.resize(picture, (width, height), interpolation=how)
    return fitted
