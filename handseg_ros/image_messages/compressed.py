"""sensor_msgs/CompressedImage to BGR pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np

from handseg_ros.image_messages.encodings import PACKED
from handseg_ros.image_messages.pictures import (
    colours_to_bgr,
    decode_picture,
    picture_to_bgr,
)
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.segmentation.errors import ImageError, quoted


class CompressedImageMessage(Protocol):
    """What is read of a sensor_msgs/CompressedImage."""

    format: str
    data: Any


def decode_compressed(
    message: CompressedImageMessage, bits: SignificantBits | None = None
) -> np.ndarray:
    """Return the message's picture as uint8 (height, width, 3), BGR.

    `format` is read as compressed_image_transport writes it, "ORIGINAL; CODEC compressed PIXELS":
    with PIXELS rgb8 or rgb16 the coded channels are in RGB order; an ORIGINAL of Bayer pixels means
    that the mosaic was coded, and it is converted here. Anything else ("jpeg", "png", empty) is an
    ordinary picture. A camera's orientation tag is not applied, for camera_info knows nothing of
    it. Of 16 bits those count that `bits` says the source uses, all of them without it. Raises
    ImageError for no data, truncated data, and data that is no picture.
    """
    original, _, coded = message.format.partition(";")
    if "compressedDepth" in coded:
        raise ImageError(
            f"the compressed image has format {quoted(message.format)}, which is a depth image "
            "in a form of its own: subscribe to the colour camera's compressed topic instead"
        )
    what = f"the compressed image of format {quoted(message.format)}"
    picture = decode_picture(bytes(message.data), what, cv2.IMREAD_UNCHANGED)
    mosaic = PACKED.get(original.strip()) if original.startswith("bayer_") else None
    if mosaic and picture.ndim == 2 and picture.dtype == mosaic.dtype:
        return colours_to_bgr(picture, mosaic, bits)
    bgr = picture_to_bgr(picture, bits)
    if "compressed rgb" in coded:
        return cv2.cvtColor(bgr, cv2.COLOR_RGB2BGR)
    return bgr
