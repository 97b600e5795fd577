"""Guards that depth messages of every kind are read where they lie, and that others are refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from image_messages.messages import Message, image

from handseg_ros.image_messages import fill_image
from handseg_ros.image_messages.depth import DEPTH_TYPES, depth_of
from handseg_ros.segmentation.errors import DepthError, ImageError


@pytest.mark.parametrize("encoding", sorted(DEPTH_TYPES))
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 3, 8])
def test_every_kind_is_read(encoding: str, big: bool, padding: int) -> None:
    picture = np.arange(12).reshape(3, 4).astype(DEPTH_TYPES[encoding]) * 100

    depth = depth_of(image(picture, encoding, padding=padding, big=big))

    np.testing.assert_array_equal(depth.picture, picture)
    assert depth.picture.dtype == DEPTH_TYPES[encoding]


def test_nothing_is_copied() -> None:
    message = image(np.ones((3, 4), np.uint16), "16UC1", padding=8)
    depth = depth_of(message)

    message.data[0] = 7

    assert depth.picture[0, 0] == 7


@pytest.mark.parametrize("encoding", sorted(DEPTH_TYPES))
def test_what_is_written_is_read_again(encoding: str) -> None:
    picture = np.arange(12).reshape(3, 4).astype(DEPTH_TYPES[encoding])
    message = Message(0, 0, "", 1, 0, b"")

    fill_image(message, picture[:, 1:], encoding)

    np.testing.assert_array_equal(depth_of(message).picture, picture[:, 1:])


def test_another_encoding_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DepthError, match=r"'64FC1'.*16UC1, mono16, 32FC1"):
        depth_of(image(np.ones((2, 2)), "64FC1"))


def test_a_truncated_message_is_refused() -> None:
    message = image(np.ones((4, 4), np.uint16), "16UC1")
    message.data = message.data[:20]

    with pytest.raises(ImageError, match="20 bytes of data"):
        depth_of(message)
