"""Guards that compressed images decode to the right colours, and truncated ones are refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from handseg_ros.image_messages import decode_compressed, fill_compressed
from handseg_ros.image_messages.pictures import is_truncated
from handseg_ros.segmentation.errors import ImageError


@dataclass
class Message:
    """The attributes of sensor_msgs/CompressedImage."""

    format: str = ""
    data: array.array = field(default_factory=lambda: array.array("B"))


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    """Return a picture of soft colours that differ in every corner and channel."""
    corners = np.array([[[30, 60, 200], [200, 80, 40]], [[60, 190, 70], [120, 130, 220]]], np.uint8)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)


def encoded(pixels: np.ndarray, suffix: str, options: tuple[int, ...] = ()) -> bytes:
    return cv2.imencode(suffix, pixels, options)[1].tobytes()


def message(data: bytes, message_format: str) -> Message:
    return Message(message_format, array.array("B", data))


@pytest.mark.parametrize("message_format", ["jpeg", "bgr8; jpeg compressed bgr8", "", "jpg"])
def test_jpeg(message_format: str) -> None:
    data = encoded(picture(), ".jpg", (cv2.IMWRITE_JPEG_QUALITY, 95))

    bgr = decode_compressed(message(data, message_format))

    assert bgr.shape == (48, 64, 3)
    assert bgr.dtype == np.uint8
    assert np.abs(bgr.astype(int) - picture()).mean() < 3


def test_pixels_coded_in_rgb_order() -> None:
    data = encoded(picture()[..., ::-1], ".png")

    bgr = decode_compressed(message(data, "rgb8; png compressed rgb8"))

    assert np.array_equal(bgr, picture())


def test_grey_jpeg_becomes_three_channels() -> None:
    grey = picture()[..., 0]

    bgr = decode_compressed(message(encoded(grey, ".jpg"), "mono8; jpeg compressed "))

    assert bgr.shape == (48, 64, 3)
    assert np.array_equal(bgr[..., 0], bgr[..., 2])


def test_png_of_16_bits_and_with_alpha() -> None:
    deep = picture().astype(np.uint16) * 257
    alpha = cv2.cvtColor(picture(), cv2.COLOR_BGR2BGRA)

    for pixels in (deep, alpha):
        bgr = decode_compressed(message(encoded(pixels, ".png"), "png"))
        assert np.array_equal(bgr, picture())


def test_coded_bayer_mosaic() -> None:
    mosaic = np.tile(np.array([[200, 100], [100, 50]], np.uint8), (6, 8))

    bgr = decode_compressed(message(encoded(mosaic, ".png"), "bayer_rggb8; png compressed "))

    assert np.array_equal(bgr, np.broadcast_to((50, 100, 200), (12, 16, 3)))


def test_camera_orientation_is_not_applied() -> None:
    data = with_exif_orientation(encoded(picture(), ".jpg"), 6)

    assert decode_compressed(message(data, "jpeg")).shape == (48, 64, 3)


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Insert the smallest EXIF segment that says how the camera was held (EXIF 2.3, 4.6.4)."""
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00" + bytes([orientation, 0, 0, 0])
    body = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


JPEG_KINDS = {
    "baseline": (),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restart markers": (cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
}


@pytest.mark.parametrize("kind", JPEG_KINDS)
def test_every_truncated_jpeg_is_seen(kind: str) -> None:
    data = encoded(picture(), ".jpg", JPEG_KINDS[kind])

    assert not is_truncated(data)
    assert not is_truncated(data + bytes(16))
    assert all(is_truncated(data[:size]) for size in range(3, len(data)))


def test_truncated_jpeg_with_a_thumbnail_of_its_own() -> None:
    thumbnail = encoded(picture(12, 16), ".jpg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    data = encoded(picture(), ".jpg")
    data = data[:2] + segment + data[2:]

    assert not is_truncated(data)
    assert is_truncated(data[:-2])
    assert is_truncated(data[: len(segment) + 40])


def test_every_truncated_png_is_seen() -> None:
    data = encoded(picture(), ".png")

    assert not is_truncated(data)
    assert all(is_truncated(data[:size]) for size in range(8, len(data)))


def test_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(encoded(picture(), ".png"))
    data[len(data) // 2] ^= 0xFF

    with pytest.raises(ImageError, match="truncated or damaged"):
        decode_compressed(message(bytes(data), "png"))


@pytest.mark.parametrize(
    ("data", "message_format", "words"),
    [
        (b"", "jpeg", ["'jpeg'", "empty", "check"]),
        (encoded(picture(), ".jpg")[:-2], "jpeg", ["'jpeg'", "truncated", "check"]),
        (encoded(picture(), ".png")[:-9], "png", ["'png'", "truncated", "check"]),
        (b"no picture at all", "jpeg", ["cannot be decoded", "17 bytes", "use JPEG or PNG"]),
        (bytes(20), "16UC1; compressedDepth png", ["compressedDepth", "depth", "subscribe"]),
    ],
)
def test_what_cannot_be_used_is_named(data: bytes, message_format: str, words: list[str]) -> None:
    with pytest.raises(ImageError) as caught:
        decode_compressed(message(data, message_format))

    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("codec", ["jpeg", "png"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_filled_in_comes_out(codec: str, channels: int) -> None:
    pixels = picture() if channels == 3 else picture()[..., 1].copy()
    compressed = Message()

    fill_compressed(compressed, pixels, codec)

    kind = "mono8" if channels == 1 else "bgr8"
    assert compressed.format.startswith(f"{kind}; {codec} compressed")
    expected = pixels if channels == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    tolerance = 0 if codec == "png" else 12
    assert np.abs(decode_compressed(compressed).astype(int) - expected).max() <= tolerance
