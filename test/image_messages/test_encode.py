"""Guards that pixels become complete, correct image messages, fast."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array

import numpy as np
import pytest
from image_messages.messages import Message

from handseg_ros.image_messages import fill_compressed, fill_image, to_bgr
from handseg_ros.segmentation.errors import ImageError


def empty() -> Message:
    return Message(0, 0, "", 1, 0, b"")


@pytest.mark.parametrize("view", [False, True])
def test_bgr_round_trip(view: bool) -> None:
    whole = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    pixels = whole[2:18, 3:27] if view else whole
    message = empty()

    fill_image(message, pixels, "bgr8")

    assert (message.height, message.width) == pixels.shape[:2]
    assert (message.step, message.is_bigendian) == (pixels.shape[1] * 3, 0)
    assert np.array_equal(to_bgr(message), pixels)


def test_mono_round_trip() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)
    message = empty()

    fill_image(message, pixels, "mono8")

    assert (message.encoding, message.step) == ("mono8", 30)
    assert np.array_equal(to_bgr(message)[..., 1], pixels)


def test_ros_message_gets_the_array_as_it_is() -> None:
    message = pytest.importorskip("sensor_msgs.msg").Image()

    fill_image(message, np.full((4, 5, 3), 7, np.uint8), "bgr8")

    assert message.data == array.array("B", [7] * 60)


@pytest.mark.parametrize(
    ("pixels", "encoding", "words"),
    [
        (np.zeros((4, 5), np.uint8), "bgr8", ["uint8 (4, 5)", "no bgr8", "3 channel"]),
        (np.zeros((4, 5, 3), np.uint8), "mono8", ["no mono8", "1 channel"]),
        (np.zeros((4, 5), np.float32), "mono8", ["float32", "uint8"]),
        (np.zeros((0, 5), np.uint8), "mono8", ["(0, 5)", "no pixels"]),
        (np.zeros((4, 5), np.uint8), "16UC1", ["uint8", "no 16UC1", "uint16"]),
        (np.zeros((4, 5), np.uint8), "rgb8", ["'rgb8'", "mono8 or bgr8"]),
    ],
)
def test_what_does_not_fit_is_named(pixels: np.ndarray, encoding: str, words: list[str]) -> None:
    with pytest.raises(ImageError) as caught:
        fill_image(empty(), pixels, encoding)

    for word in words:
        assert word in str(caught.value)


def test_unknown_codec_is_named() -> None:
    with pytest.raises(ImageError, match="'gif' is not known: use jpeg or png"):
        fill_compressed(empty(), np.zeros((4, 5), np.uint8), "gif")
