"""Guards that every image message becomes pixels or a sentence, whatever its fields say."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from sensor_msgs.msg import CompressedImage, Image
from support.cases import cases
from support.strange_images import (
    StrangeImage,
    StrangePicture,
    fill,
    strange_images,
    strange_pictures,
)

from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.image_messages.layout import LARGEST_SIDE
from handseg_ros.segmentation.errors import ImageError

Outcome = np.ndarray | str


def outcome(decode: Callable[[Any], np.ndarray], message: Any) -> Outcome:
    """Return an image's pixels, or why there are none; whatever else is raised escapes."""
    try:
        return decode(message)
    except ImageError as error:
        return str(error)


def is_a_sentence(words: str) -> bool:
    """Return whether the cause and the way out are told on one line."""
    return ": " in words and "\n" not in words


@given(strange_images())
@cases(600)
def test_a_raw_image_has_its_own_size_or_a_reason(strange: StrangeImage) -> None:
    message = fill(Image(), strange)
    found = outcome(to_bgr, message)
    assert message.data.tobytes() == strange.data, "the message was written to"
    if isinstance(found, str):
        assert is_a_sentence(found)
    else:
        assert found.shape == (strange.height, strange.width, 3)
        assert found.dtype == np.uint8


@given(strange_pictures())
@cases(300)
def test_a_compressed_image_is_a_picture_or_has_a_reason(strange: StrangePicture) -> None:
    found = outcome(decode_compressed, fill(CompressedImage(), strange))
    if isinstance(found, str):
        assert is_a_sentence(found)
    else:
        assert found.shape[2:] == (3,)
        assert found.dtype == np.uint8
        assert 1 <= min(found.shape[:2]) <= max(found.shape[:2]) <= LARGEST_SIDE
