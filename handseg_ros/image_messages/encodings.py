"""Every image encoding that is understood: how its pixels lie, and how they become BGR.

Names are those of sensor_msgs/image_encodings.hpp, plus nv12. A Bayer name gives the top-left 2x2
pixels row by row, while OpenCV's gives the 2x2 that starts at the second row and column: ROS's
`bayer_rggb` is OpenCV's `BayerBG`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

UINT8 = np.dtype(np.uint8)
UINT16 = np.dtype(np.uint16)
WHITE_16 = 65535
Conversion = Callable[[np.ndarray], np.ndarray]
ScaledConversion = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Packed:
    """An encoding of whole pixels side by side: `channels` values of `dtype` each.

    `to_bgr` maps (height, width[, channels]) to uint8 (height, width, 3); the width must be a
    multiple of `width_multiple`. Colours of 16 bits have `scaled_to_bgr` too, which takes the value
    that stands for white.
    """

    dtype: np.dtype
    channels: int
    to_bgr: Conversion
    width_multiple: int = 1
    scaled_to_bgr: ScaledConversion | None = None


@dataclass(frozen=True)
class SemiPlanar:
    """A plane of luma followed by a plane of interleaved chroma, both with the same `step`.

    `rows_per_two` is how many rows of `step` two rows of pixels take; height and width must be
    multiples of `multiple`. `to_bgr` maps the (rows, step) bytes and the image's height and width
    to uint8 (height, width, 3).
    """

    rows_per_two: int
    multiple: int
    to_bgr: Callable[[np.ndarray, int, int], np.ndarray]


def unchanged(pixels: np.ndarray) -> np.ndarray:
    """Return the pixels themselves: they are BGR already."""
    return pixels


def by_opencv(code: int) -> Conversion:
    """Return the conversion that OpenCV's colour `code` does."""
    return lambda pixels: cv2.cvtColor(pixels, code)


def by_opencv_16(code: int) -> ScaledConversion:
    """Return the same for 16 bits: colour first, then white becomes 255, rounded (as cv_bridge)."""
    return lambda pixels, white: to_8_bits(cv2.cvtColor(pixels, code), white)


def to_8_bits(pixels: np.ndarray, white: int) -> np.ndarray:
    """Scale uint16 so that `white` and more becomes 255, rounded: uint8 of the same shape."""
    scaled: np.ndarray = cv2.convertScaleAbs(pixels, alpha=255.0 / white)
    return scaled.reshape(pixels.shape)


def colours_of_16_bits(channels: int, convert: ScaledConversion) -> Packed:
    """Return an encoding of 16-bit colours, whose white is 65535 unless another one is given."""
    return Packed(UINT16, channels, lambda pixels: convert(pixels, WHITE_16), scaled_to_bgr=convert)


def stretched(values: np.ndarray) -> np.ndarray:
    """Show measures (depth, thermal) as grey: the smallest finite one black, the largest white.

    (height, width) of any real type becomes uint8 (height, width, 3). Values that are not finite
    are black; so is an image of one value. This is cv_bridge's dynamic scaling for display.
    """
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros((*values.shape, 3), np.uint8)
    measures = np.where(finite, values, values[finite].min())
    low, high = cv2.minMaxLoc(measures)[:2]
    scale = 255.0 / (high - low) if high > low else 0.0
    grey = cv2.convertScaleAbs(measures, alpha=scale, beta=-low * scale)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def first_as_grey(pixels: np.ndarray) -> np.ndarray:
    """Take the first of several channels as grey: what two channels without names can mean."""
    return cv2.cvtColor(np.ascontiguousarray(pixels[:, :, 0]), cv2.COLOR_GRAY2BGR)


def half_chroma(code: int) -> Callable[[np.ndarray, int, int], np.ndarray]:
    """Return the conversion of 4:2:0 (nv12, nv21) by OpenCV's two-plane `code`."""

    def convert(rows: np.ndarray, height: int, width: int) -> np.ndarray:
        luma = rows[:height, :width]
        chroma = rows[height:, :width].reshape(height // 2, width // 2, 2)
        return cv2.cvtColorTwoPlane(luma, chroma, code)

    return convert


def full_chroma(rows: np.ndarray, height: int, width: int) -> np.ndarray:
    """Convert 4:4:4 (nv24): every pixel is laid out as a UYVY pair, so the arithmetic is the same.

    The chroma rows are twice as long as the luma rows, so one takes two rows of `step`.
    """
    luma = rows[:height, :width]
    chroma = rows[height:].reshape(height, -1)[:, : 2 * width].reshape(height, width, 2)
    pairs = np.empty((height, width, 2, 2), np.uint8)
    pairs[..., 0] = chroma
    pairs[..., 1] = luma[..., np.newaxis]
    doubled = cv2.cvtColor(pairs.reshape(height, 2 * width, 2), cv2.COLOR_YUV2BGR_UYVY)
    return np.ascontiguousarray(doubled[:, ::2])


def _bayer() -> dict[str, Packed]:
    codes = {
        "rggb": cv2.COLOR_BayerBG2BGR,
        "bggr": cv2.COLOR_BayerRG2BGR,
        "gbrg": cv2.COLOR_BayerGR2BGR,
        "grbg": cv2.COLOR_BayerGB2BGR,
    }
    eight = {f"bayer_{name}8": Packed(UINT8, 1, by_opencv(code)) for name, code in codes.items()}
    sixteen = {
        f"bayer_{name}16": colours_of_16_bits(1, by_opencv_16(code)) for name, code in codes.items()
    }
    return eight | sixteen


UYVY = Packed(UINT8, 2, by_opencv(cv2.COLOR_YUV2BGR_UYVY), width_multiple=2)
YUYV = Packed(UINT8, 2, by_opencv(cv2.COLOR_YUV2BGR_YUY2), width_multiple=2)
GREY = Packed(UINT8, 1, by_opencv(cv2.COLOR_GRAY2BGR))
BGR = Packed(UINT8, 3, unchanged)
BGRA = Packed(UINT8, 4, by_opencv(cv2.COLOR_BGRA2BGR))
BGR_16 = colours_of_16_bits(3, to_8_bits)
BGRA_16 = colours_of_16_bits(4, by_opencv_16(cv2.COLOR_BGRA2BGR))

PACKED: dict[str, Packed] = {
    "bgr8": BGR,
    "rgb8": Packed(UINT8, 3, by_opencv(cv2.COLOR_RGB2BGR)),
    "bgra8": BGRA,
    "rgba8": Packed(UINT8, 4, by_opencv(cv2.COLOR_RGBA2BGR)),
    "mono8": GREY,
    "mono16": colours_of_16_bits(1, by_opencv_16(cv2.COLOR_GRAY2BGR)),
    "bgr16": BGR_16,
    "rgb16": colours_of_16_bits(3, by_opencv_16(cv2.COLOR_RGB2BGR)),
    "bgra16": BGRA_16,
    "rgba16": colours_of_16_bits(4, by_opencv_16(cv2.COLOR_RGBA2BGR)),
    **_bayer(),
    "uyvy": UYVY,
    "yuv422": UYVY,
    "yuyv": YUYV,
    "yuv422_yuy2": YUYV,
    "8UC1": GREY,
    "8UC2": Packed(UINT8, 2, first_as_grey),
    "8UC3": BGR,
    "8UC4": BGRA,
    "16UC1": Packed(UINT16, 1, stretched),
    "16SC1": Packed(np.dtype(np.int16), 1, stretched),
    "16UC3": BGR_16,
    "16UC4": BGRA_16,
    "32FC1": Packed(np.dtype(np.float32), 1, stretched),
    "64FC1": Packed(np.dtype(np.float64), 1, stretched),
}
SEMI_PLANAR: dict[str, SemiPlanar] = {
    "nv12": SemiPlanar(3, 2, half_chroma(cv2.COLOR_YUV2BGR_NV12)),
    "nv21": SemiPlanar(3, 2, half_chroma(cv2.COLOR_YUV2BGR_NV21)),
    "nv24": SemiPlanar(6, 1, full_chroma),
}
