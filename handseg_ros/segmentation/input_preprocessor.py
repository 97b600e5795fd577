"""From the resized image to the network's input: colour order, layout, type and normalisation."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.description import InputDescription


@dataclass(frozen=True)
class InputPreprocessor:
    """Makes the network's input from a resized image, in one buffer that each frame uses again.

    So the input of one frame is gone with the next, and a preprocessor serves one thread at a time.
    `_order` are the places of the input's channels in BGR; `_tables` hold what each value of each
    channel becomes, float32 (3, 256) in the input's order, and are None where the network takes
    pixels as they are, of which the image itself may be the input. The image is there `_batch`
    times, in `_dtype`.
    """

    _order: tuple[int, int, int]
    _layout: str
    _tables: np.ndarray | None
    _buffer: _Buffer
    _dtype: str
    _batch: int

    @classmethod
    def of(cls, description: InputDescription) -> InputPreprocessor:
        """Return the preprocessor of a network's input."""
        order = (2, 1, 0) if description.colour == "RGB" else (0, 1, 2)
        # OpenCV's tables know no half precision: it is rounded to at the end.
        kind = "uint8" if description.dtype == "uint8" else "float32"
        return cls(
            order,
            description.layout,
            _tables(description),
            _Buffer(np.empty(0, kind)),
            description.dtype,
            description.batch,
        )

    def preprocess(self, resized: np.ndarray) -> np.ndarray:
        """Return the input of a resized image, uint8 (height, width, 3), BGR, as described."""
        is_planar = self._layout.endswith("CHW")
        image = self._planes(resized) if is_planar else self._pixels(resized)
        if image.dtype != self._dtype:
            image = image.astype(self._dtype)
        if not self._layout.startswith("N"):
            return image
        return image[None] if self._batch == 1 else np.stack([image] * self._batch)

    def _pixels(self, resized: np.ndarray) -> np.ndarray:
        # After the resize: the input image has fewer pixels than the camera's image.
        is_rgb = self._order[0] == 2
        ordered = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB) if is_rgb else resized
        if self._tables is None:
            return ordered
        table = np.ascontiguousarray(self._tables.T[None])
        return cv2.LUT(ordered, table, dst=self._buffer.of(resized.shape))

    def _planes(self, resized: np.ndarray) -> np.ndarray:
        planes = self._buffer.of((3, *resized.shape[:2]))
        for index, channel in enumerate(self._order):
            if self._tables is None:
                cv2.extractChannel(resized, channel, dst=planes[index])
            else:
                cv2.LUT(
                    cv2.extractChannel(resized, channel), self._tables[index], dst=planes[index]
                )
        return planes


@dataclass
class _Buffer:
    """An array that is made anew only where another shape than before is asked for."""

    array: np.ndarray

    def of(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the array in this shape; what is in it is left from before."""
        if self.array.shape != shape:
            self.array = np.empty(shape, self.array.dtype)
        return self.array


def _tables(description: InputDescription) -> np.ndarray | None:
    """Return (value * scale - mean) / std for every value, float32 (3, 256), in input order."""
    scale, mean, std = description.scale, description.mean, description.std
    if scale is None or mean is None or std is None:
        return None
    values = np.arange(256)[None] * scale
    return ((values - np.array(mean)[:, None]) / np.array(std)[:, None]).astype(np.float32)
