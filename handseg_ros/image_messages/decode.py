"""sensor_msgs/Image to BGR pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.image_messages import ros_bridge
from handseg_ros.image_messages.encodings import (
    PACKED,
    SEMI_PLANAR,
    WHITE_16,
    Packed,
    SemiPlanar,
)
from handseg_ros.image_messages.layout import ImageMessage, packed_pixels, plane_rows
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.segmentation.errors import ImageError, quoted


def to_bgr(message: ImageMessage, bits: SignificantBits | None = None) -> np.ndarray:
    """Return the message's image as uint8 (height, width, 3), BGR.

    bgr8 and 8UC3 give a read-only or writable view of `message.data`, as the data is, with the
    row stride `step`: nothing is copied. Everything else is converted once. Colours of 16 bits are
    scaled so that 65535 becomes 255, or the largest value of the `bits` that the source uses; alpha
    is dropped; measures without a colour meaning (16UC1, 32FC1, ...) are stretched from their
    smallest to their largest finite value; of 8UC2 the first channel is taken as grey; YUV is
    BT.601, limited range, as OpenCV reads it.

    Raises ImageError for an encoding that is not known, zero pixels, a size that the encoding
    cannot have, a `step` below the bytes of a row, and too little data.
    """
    if packed := PACKED.get(message.encoding):
        return _packed_to_bgr(message, packed, bits)
    if planar := SEMI_PLANAR.get(message.encoding):
        return _planar_to_bgr(message, planar)
    raise ImageError(
        f"the image's encoding {quoted(message.encoding)} is not known: "
        f"set the camera driver to one of {', '.join([*PACKED, *SEMI_PLANAR])}"
    )


def _packed_to_bgr(
    message: ImageMessage, encoding: Packed, bits: SignificantBits | None
) -> np.ndarray:
    _check_multiple(message, encoding.width_multiple, 1)
    pixels = packed_pixels(message, encoding.dtype, encoding.channels)
    if bits is not None and encoding.scaled_to_bgr is not None:
        white = bits.white(pixels)
        if white < WHITE_16:  # which cv_bridge cannot be told
            return encoding.scaled_to_bgr(pixels, white)
    if ros_bridge.knows(message.encoding):
        return ros_bridge.to_bgr(pixels, message.encoding)
    return encoding.to_bgr(pixels)


def _planar_to_bgr(message: ImageMessage, encoding: SemiPlanar) -> np.ndarray:
    _check_multiple(message, encoding.multiple, encoding.multiple)
    rows = plane_rows(message, message.height * encoding.rows_per_two // 2)
    return encoding.to_bgr(rows, message.height, message.width)


def _check_multiple(message: ImageMessage, width: int, height: int) -> None:
    if message.width % width or message.height % height:
        raise ImageError(
            f"the {message.width}x{message.height} {message.encoding} image has an odd size, "
            f"but {message.encoding} shares colours between pairs of pixels: "
            "set the camera driver to an even width and height"
        )
