"""A network's second input: a picture of the scene without hands, prepared once."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.description import InputDescription
from handseg_ros.segmentation.errors import BackgroundError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, Size
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor


@dataclass(frozen=True)
class Background:
    """A background of `size` = (height, width) pixels, and `values`, the network's input of it."""

    size: Size
    values: np.ndarray

    @classmethod
    def of(cls, picture: np.ndarray, description: InputDescription, input_size: Size) -> Background:
        """Prepare a picture, uint8 (height, width, 3), BGR, as frames are for this input size."""
        size = picture.shape[0], picture.shape[1]
        transform = RESIZE_TRANSFORMS[description.resize](size, input_size)
        # A preprocessor of its own, as the frames' one may be at work in another thread.
        preprocessor = InputPreprocessor.of(description)
        return cls(size, preprocessor.preprocess(transform.apply(picture)))

    def check(self, frame: np.ndarray) -> None:
        """Raise BackgroundError for a frame of another size: it is no longer the same view."""
        size = frame.shape[0], frame.shape[1]
        if size != self.size:
            raise BackgroundError(
                f"the frame has {_named(size)} pixels but the background {_named(self.size)}, so "
                "the camera is no longer the same: set it back or take the background again"
            )


def _named(size: Size) -> str:
    return f"{size[1]}x{size[0]}"
