"""sensor_msgs/Image with depth to a depth image, as REP 118 and its users have it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.image_messages.layout import ImageMessage, packed_pixels
from handseg_ros.segmentation.errors import DepthError, quoted

# mono16 is what some drivers call millimetres.
DEPTH_TYPES: dict[str, np.dtype] = {
    "16UC1": np.dtype(np.uint16),
    "mono16": np.dtype(np.uint16),
    "32FC1": np.dtype(np.float32),
}


def depth_of(message: ImageMessage) -> DepthImage:
    """Return the message's depth: 16UC1 or mono16 in millimetres, 32FC1 in metres.

    A view of `message.data` wherever the bytes allow it: rows may be padded; values of the other
    byte order are copied. Raises DepthError for another encoding, and ImageError for zero pixels, a
    `step` below the bytes of a row, and too little data.
    """
    if message.encoding not in DEPTH_TYPES:
        raise DepthError(
            f"the depth image's encoding {quoted(message.encoding)} is not known: have the driver "
            f"publish one of {', '.join(DEPTH_TYPES)}"
        )
    return DepthImage(packed_pixels(message, DEPTH_TYPES[message.encoding], 1))
