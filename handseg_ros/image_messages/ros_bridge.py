"""Colour conversion by cv_bridge, where a ROS installation provides it.

Only its conversion of an array is used: its reading of messages takes `step` for a whole number of
pixels and, in Python, breaks on big-endian data with NumPy 2, so `layout` reads them.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

import numpy as np

from handseg_ros.image_messages.encodings import PACKED

ENCODINGS = frozenset(
    [
        *("mono16", "bgr16", "rgb16", "bgra16", "rgba16", "yuv422", "yuv422_yuy2"),
        *(f"bayer_{order}{bits}" for order in ("rggb", "bggr", "gbrg", "grbg") for bits in (8, 16)),
    ]
)


@cache
def knows(encoding: str) -> bool:
    """Return whether cv_bridge is there and is to convert this encoding to BGR.

    The common 8-bit encodings are left out: they need no conversion, or one call of OpenCV. Older
    releases know fewer encodings than newer ones, so two pixels are tried once.
    """
    convert = _converter()
    if encoding not in ENCODINGS or convert is None:
        return False
    packed = PACKED[encoding]
    shape = (2, 2) if packed.channels == 1 else (2, 2, packed.channels)
    try:
        convert(np.zeros(shape, packed.dtype), encoding, "bgr8")
    except RuntimeError:
        return False
    return True


def to_bgr(pixels: np.ndarray, encoding: str) -> np.ndarray:
    """Convert (height, width[, channels]) of an encoding that is known to uint8 BGR."""
    convert = _converter()
    assert convert is not None, "ask knows() first"
    return convert(np.ascontiguousarray(pixels), encoding, "bgr8")


@cache
def _converter() -> Callable[[np.ndarray, str, str], np.ndarray] | None:
    try:
        # fails where it was built for another NumPy than the one that runs
        compiled = import_module("cv_bridge.boost.cv_bridge_boost")
    except (ImportError, AttributeError, SystemError):
        return None
    convert: Callable[[np.ndarray, str, str], np.ndarray] = compiled.cvtColor2
    return convert
