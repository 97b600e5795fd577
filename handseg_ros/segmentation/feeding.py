"""From the canvas to the network's input: colour order, layout, type and normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.description import InputDescription


@dataclass(frozen=True)
class Feeder:
    """Makes the network's input from a canvas, in one buffer that is used again for each frame.

    So the input of one frame is gone with the next, and a feeder serves one thread at a time.
    `_order` are the places of the input's channels in BGR; `_tables` hold what each value of each
    channel becomes, float32 (3, 256) in the input's order, and are None where the network takes
    pixels as they are; `_buffer` is None where the canvas itself is the input.
    """

    _order: tuple[int, int, int]
    _is_planar: bool
    _tables: np.ndarray | None
    _buffer: np.ndarray | None

    @classmethod
    def of(cls, description: InputDescription, canvas: tuple[int, int]) -> Feeder:
        """Return the feeder of a network's input at a canvas of (height, width)."""
        is_planar = description.layout == "NCHW"
        tables = _tables(description)
        shape = (1, 3, *canvas) if is_planar else (1, *canvas, 3)
        needs_buffer = is_planar or tables is not None
        buffer = np.empty(shape, description.dtype) if needs_buffer else None
        order = (2, 1, 0) if description.colour == "RGB" else (0, 1, 2)
        return cls(order, is_planar, tables, buffer)

    def feed(self, canvas: np.ndarray) -> np.ndarray:
        """Return the input, (1, height, width, 3) or (1, 3, height, width), of a BGR canvas."""
        if self._is_planar:
            return self._planes(canvas)
        # After the resize: the canvas has fewer pixels than the camera's image.
        is_rgb = self._order[0] == 2
        ordered = cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB) if is_rgb else canvas
        if self._tables is None or self._buffer is None:
            return ordered[None]
        table = np.ascontiguousarray(self._tables.T[None])
        cv2.LUT(ordered, table, dst=self._buffer[0])
        return self._buffer

    def _planes(self, canvas: np.ndarray) -> np.ndarray:
        assert self._buffer is not None  # planes never lie in the canvas itself
        for place, channel in enumerate(self._order):
            plane = self._buffer[0, place]
            if self._tables is None:
                cv2.extractChannel(canvas, channel, dst=plane)
            else:
                cv2.LUT(cv2.extractChannel(canvas, channel), self._tables[place], dst=plane)
        return self._buffer


def _tables(description: InputDescription) -> np.ndarray | None:
    """Return (value * scale - mean) / std for every value, float32 (3, 256), in input order."""
    scale, mean, std = description.scale, description.mean, description.std
    if scale is None or mean is None or std is None:
        return None
    values = np.arange(256)[None] * scale
    return ((values - np.array(mean)[:, None]) / np.array(std)[:, None]).astype(np.float32)
