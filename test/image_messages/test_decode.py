"""Guards that every encoding gives the right colours, whatever padding, order and container."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array

import numpy as np
import pytest
from image_messages.messages import (
    BGR_BLUE,
    BGR_RED,
    YUV_BLUE,
    YUV_RED,
    Message,
    image,
    planar,
    random_pixels,
)
from support.old_opencv import ONE_PIXEL

from handseg_ros.image_messages import to_bgr
from handseg_ros.image_messages.encodings import PACKED, SEMI_PLANAR
from handseg_ros.segmentation.errors import ImageError

CHANNEL_ORDER = {
    "bgr": (0, 1, 2),
    "rgb": (2, 1, 0),
    "bgra": (0, 1, 2),
    "rgba": (2, 1, 0),
    "mono": (0, 0, 0),
}
NAMED = [f"{name}{bits}" for name in CHANNEL_ORDER for bits in (8, 16)]
UNNAMED = {"8UC1": "mono8", "8UC3": "bgr8", "8UC4": "bgra8", "16UC3": "bgr16", "16UC4": "bgra16"}
SIZES = [ONE_PIXEL, (3, 5), (48, 64), (37, 53)]
BAYER_ORDERS = ["rggb", "bggr", "gbrg", "grbg"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("encoding", [*NAMED, *UNNAMED])
def test_colours_by_plain_numpy(encoding: str, size: tuple[int, int]) -> None:
    name = UNNAMED.get(encoding, encoding)
    bits = 16 if name.endswith("16") else 8
    pixels = random_pixels(encoding, *size, seed=3)
    channels = np.atleast_3d(pixels)[..., list(CHANNEL_ORDER[name.removesuffix(str(bits))])]
    expected = np.rint(channels / 257.0) if bits == 16 else channels

    assert np.array_equal(to_bgr(image(pixels, encoding, padding=7)), expected)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 1, 4, 13])
@pytest.mark.parametrize("encoding", PACKED)
def test_padding_and_byte_order_change_nothing(encoding: str, padding: int, big: bool) -> None:
    for seed in range(4):
        height, width = np.random.default_rng(seed).integers(2, 60, 2) * 2
        pixels = random_pixels(encoding, int(height), int(width), seed)

        plain = to_bgr(image(pixels, encoding))
        other = to_bgr(image(pixels, encoding, padding=padding, big=big, seed=seed))

        assert plain.shape == (height, width, 3)
        assert plain.dtype == np.uint8
        assert np.array_equal(plain, other)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", BAYER_ORDERS)
def test_bayer_of_one_colour(order: str, bits: int) -> None:
    scale = 1 if bits == 8 else 257
    colours = {"r": 200 * scale, "g": 100 * scale, "b": 50 * scale}
    cell = np.array([colours[letter] for letter in order]).reshape(2, 2)
    mosaic = np.tile(cell, (6, 8)).astype(np.uint8 if bits == 8 else np.uint16)

    bgr = to_bgr(image(mosaic, f"bayer_{order}{bits}"))

    assert np.array_equal(bgr, np.broadcast_to((50, 100, 200), (12, 16, 3)))


@pytest.mark.parametrize("encoding", ["uyvy", "yuv422", "yuyv", "yuv422_yuy2"])
def test_packed_yuv_of_two_colours(encoding: str) -> None:
    pixels = np.empty((4, 8, 2), np.uint8)
    luma, chroma = (1, 0) if encoding in ("uyvy", "yuv422") else (0, 1)
    for columns, (y, u, v) in ((slice(0, 4), YUV_RED), (slice(4, 8), YUV_BLUE)):
        pixels[:, columns, luma] = y
        pixels[:, columns, chroma] = [u, v, u, v]

    assert_red_then_blue(to_bgr(image(pixels, encoding, padding=6)))


@pytest.mark.parametrize("padding", [0, 1, 10])
@pytest.mark.parametrize("encoding", SEMI_PLANAR)
def test_planar_yuv_of_two_colours(encoding: str, padding: int) -> None:
    height, width = 4, 8
    luma = np.repeat([YUV_RED[0], YUV_BLUE[0]], 4)[np.newaxis].repeat(height, 0)
    pairs = [colour[1:] if encoding != "nv21" else colour[:0:-1] for colour in (YUV_RED, YUV_BLUE)]
    across, down = (4, 4) if encoding == "nv24" else (2, 2)
    chroma = np.repeat(pairs, across, axis=0).reshape(1, -1).repeat(down, 0)
    planes = [luma.astype(np.uint8), chroma.astype(np.uint8)]

    assert_red_then_blue(to_bgr(planar(planes, encoding, height, width, padding)))


def assert_red_then_blue(bgr: np.ndarray) -> None:
    # the YUV values are rounded, so the colours are right to a step or two
    assert bgr.shape == (4, 8, 3)
    assert np.abs(bgr[:, :4].astype(int) - BGR_RED).max() <= 2
    assert np.abs(bgr[:, 4:].astype(int) - BGR_BLUE).max() <= 2


def test_measures_are_stretched_between_their_extremes() -> None:
    depth = np.array([[0.5, 1.0], [np.nan, 2.5], [np.inf, 1.5]], np.float32)

    bgr = to_bgr(image(depth, "32FC1", padding=3))

    assert np.array_equal(bgr[..., 0], [[0, 64], [0, 255], [0, 128]])
    assert np.array_equal(bgr[..., 0], bgr[..., 2])


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_measures_of_one_value_are_black(value: float) -> None:
    assert not to_bgr(image(np.full((3, 4), value, np.float32), "32FC1")).any()


def test_two_channels_show_the_first() -> None:
    pixels = random_pixels("8UC2", 5, 6, seed=1)

    assert np.array_equal(to_bgr(image(pixels, "8UC2")), pixels[..., [0, 0, 0]])


@pytest.mark.parametrize("encoding", ["bgr8", "8UC3"])
@pytest.mark.parametrize("padding", [0, 5])
def test_bgr_is_a_view_of_the_message(encoding: str, padding: int) -> None:
    message = image(random_pixels("bgr8", 6, 7, seed=2), encoding, padding=padding)

    bgr = to_bgr(message)
    message.data[message.step + 4] = 123
    first = int(bgr[1, 1, 1])
    message.data[message.step + 4] = 45

    assert (first, int(bgr[1, 1, 1])) == (123, 45)
    assert bgr.strides == (message.step, 3, 1)


@pytest.mark.parametrize("container", [bytes, bytearray, memoryview, np.frombuffer])
def test_any_container_of_bytes(container: type) -> None:
    message = image(random_pixels("rgb8", 6, 7, seed=2), "rgb8")
    expected = to_bgr(message)

    raw = message.data.tobytes()
    message.data = container(raw, np.uint8) if container is np.frombuffer else container(raw)

    assert np.array_equal(to_bgr(message), expected)


def test_ros_message() -> None:
    message_type = pytest.importorskip("sensor_msgs.msg").Image
    pixels = random_pixels("mono16", 6, 7, seed=2)
    wanted = image(pixels, "mono16", padding=2, big=True)
    fields = ("height", "width", "encoding", "is_bigendian", "step", "data")

    message = message_type(**{name: getattr(wanted, name) for name in fields})

    assert np.array_equal(to_bgr(message), to_bgr(wanted))


BGR_4X2 = {"height": 2, "width": 4, "encoding": "bgr8", "is_bigendian": 0, "step": 12}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encoding": "h264"}, ["h264", "not known", "bgr8", "nv12"]),
        ({"encoding": ""}, ["''", "not known"]),
        ({"encoding": "8UC7"}, ["8UC7", "not known"]),
        ({"step": 11}, ["4x2 bgr8", "step=11", "12 bytes", "must set step"]),
        ({"step": 0}, ["step=0", "12 bytes"]),
        ({"data": bytes(23)}, ["23 bytes", "2 rows of step=12", "make 24", "every row"]),
        ({"data": b""}, ["0 bytes", "make 24"]),
        ({"width": 0}, ["0x2", "no pixels", "camera driver"]),
        ({"height": 0}, ["4x0", "no pixels"]),
        ({"encoding": "nv12", "step": 4, "data": bytes(11)}, ["11 bytes", "3 rows", "make 12"]),
        ({"encoding": "nv12", "step": 3}, ["nv12", "step=3", "4 bytes"]),
        ({"encoding": "nv24", "step": 4, "data": bytes(23)}, ["23 bytes", "make 24"]),
        ({"encoding": "yuyv", "width": 3}, ["3x2 yuyv", "odd size", "even width"]),
        ({"encoding": "nv21", "height": 1}, ["4x1 nv21", "odd size"]),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict, words: list[str]) -> None:
    message = Message(**({"data": array.array("B", bytes(24))} | BGR_4X2 | changes))

    with pytest.raises(ImageError) as caught:
        to_bgr(message)

    for word in words:
        assert word in str(caught.value)


def test_an_encoding_from_elsewhere_cannot_break_the_log() -> None:
    message = Message(2, 4, "x\n[FATAL] " + "y" * 999, 0, 12, array.array("B", bytes(24)))
    with pytest.raises(ImageError) as caught:
        to_bgr(message)
    assert str(caught.value).startswith("the image's encoding 'x\\n[FATAL] yyy")
    assert "y..." in str(caught.value)
    assert "y" * 60 not in str(caught.value)
