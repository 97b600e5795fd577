"""Pictures that were posted: looked at before they are unpacked, as anybody may send anything."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.image_messages.picture_header import picture_size
from handseg_ros.image_messages.pictures import decode_upright, picture_to_bgr
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.media.sources import PICTURE_FLAGS
from handseg_ros.web.errors import RequestError

# Three bytes each, for two pictures at a time: a few kB of PNG may unfold to so much.
MAX_PIXELS = 50_000_000
_WHAT = "the posted picture"


def decode_upload(data: bytes) -> np.ndarray:
    """Return a posted picture as uint8 (height, width, 3), BGR, upright.

    Raises ImageError for what is no picture, or a damaged one, and RequestError (413) for one of
    too many pixels by its header.
    """
    size = picture_size(data)
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise RequestError(
            413,
            f"{_WHAT} has {size[0]}x{size[1]} pixels, more than {MAX_PIXELS // 1_000_000} million: "
            "scale it down",
        )
    return picture_to_bgr(decode_upright(data, _WHAT, PICTURE_FLAGS), SignificantBits())
