"""Guards that every image message becomes pixels or a sentence, whatever its fields say."""

from __future__ import annotations

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


def is_a_sentence(error: ImageError) -> bool:
    """Return whether the cause and the way out are told on one line."""
    return ": " in str(error) and "\n" not in str(error)


@given(strange_images())
@cases(1000)
def test_a_raw_image_has_its_own_size_or_a_reason(strange: StrangeImage) -> None:
    message = fill(Image(), strange)
    try:
        pixels = to_bgr(message)
    except ImageError as error:
        assert is_a_sentence(error)
        return
    assert pixels.shape == (strange.height, strange.width, 3)
    assert pixels.dtype == np.uint8
    assert message.data.tobytes() == strange.data, "the message was written to"


@given(strange_pictures())
@cases(500)
def test_a_compressed_image_is_a_picture_or_has_a_reason(strange: StrangePicture) -> None:
    try:
        pixels = decode_compressed(fill(CompressedImage(), strange))
    except ImageError as error:
        assert is_a_sentence(error)
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2:] == (3,)
    assert 1 <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= LARGEST_SIDE
