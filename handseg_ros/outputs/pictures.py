"""Outputs that are images: raw and compressed, and depth without the hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handseg_ros.depth.keep_out import without_hands
from handseg_ros.image_messages.encode import fill_compressed, fill_image
from handseg_ros.image_messages.message_library import COMPRESSED_IMAGE, IMAGE, MessageLibrary
from handseg_ros.outputs.segmented_frame import SegmentedFrame

# Takes the pixels out of a frame; None where it has none of the kind.
Pixels = Callable[[SegmentedFrame], np.ndarray | None]
Maker = Callable[[MessageLibrary, SegmentedFrame], Any | None]


def image(pixels: Pixels, encoding: str) -> Maker:
    """Return what makes a sensor_msgs/Image of pixels, `encoding` as for `fill_image`."""

    def make(library: MessageLibrary, frame: SegmentedFrame) -> Any | None:
        picture = pixels(frame)
        return None if picture is None else _image(library, frame.header, picture, encoding)

    return make


def compressed_image(pixels: Pixels, codec: str) -> Maker:
    """Return what makes a sensor_msgs/CompressedImage of pixels, `codec` png or jpeg."""

    def make(library: MessageLibrary, frame: SegmentedFrame) -> Any | None:
        picture = pixels(frame)
        if picture is None:
            return None
        message = library.new(COMPRESSED_IMAGE)
        message.header = frame.header
        fill_compressed(message, picture, codec, as_data=library.data)
        return message

    return make


def object_mask(frame: SegmentedFrame) -> np.ndarray | None:
    """Return the union of the objects, None where the model knows none."""
    segmentation = frame.segmentation
    return None if segmentation.objects is None else segmentation.object_mask()


def depth_without_hands(library: MessageLibrary, frame: SegmentedFrame) -> Any | None:
    """Return the depth image, of its own header and encoding, unknown where to keep out."""
    if frame.depth is None:
        return None
    depth = frame.depth.message
    picture = without_hands(frame.depth.view.depth.picture, frame.keep_out)
    return _image(library, depth.header, picture, depth.encoding)


def _image(library: MessageLibrary, header: Any, picture: np.ndarray, encoding: str) -> Any:
    message = library.new(IMAGE)
    message.header = header
    fill_image(message, picture, encoding, library.data)
    return message
