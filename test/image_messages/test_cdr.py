"""Guards the bytes of messages: read as rclpy reads them, in both byte orders, within their end."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from support.big_endian import big_endian
from support.cases import cases
from support.message_facts import facts
from support.strange_images import (
    StrangeImage,
    StrangePicture,
    fill,
    strange_images,
    strange_pictures,
)

from handseg_ros.image_messages.cdr import CdrError, CdrReader, CdrWriter
from handseg_ros.image_messages.serialized import (
    read_compressed_image,
    read_image,
)

FRAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
CASES = 60


@given(strange_images(), FRAMES)
@cases(CASES)
def test_an_image_is_read_as_rclpy_reads_it(strange: StrangeImage, frame_id: str) -> None:
    message = fill(Image(), strange)
    message.header.frame_id = frame_id
    assert facts(read_image(serialize_message(message), Header())) == facts(message)


@given(strange_pictures(), FRAMES)
@cases(CASES)
def test_a_compressed_image_too(strange: StrangePicture, frame_id: str) -> None:
    message = fill(CompressedImage(), strange)
    message.header.frame_id = frame_id
    assert facts(read_compressed_image(serialize_message(message), Header())) == facts(message)


@given(strange_images())
@cases(CASES)
def test_the_other_byte_order_is_read(strange: StrangeImage) -> None:
    message = fill(Image(), strange)
    message.header.frame_id = "camera"
    data = big_endian(message)
    assert facts(read_image(data, Header())) == facts(message)
    assert facts(deserialize_message(data, Image)) == facts(message)


def test_pixels_are_a_view_of_the_message() -> None:
    message = Image(height=2, width=2, encoding="mono8", step=2, data=[1, 2, 3, 4])
    data = serialize_message(message)
    references = sys.getrefcount(data)
    image = read_image(data, Header())
    assert image.data.obj is data
    assert image.data.readonly
    assert sys.getrefcount(data) > references


WHOLE = serialize_message(
    Image(header=Header(frame_id="camera"), height=3, width=5, encoding="mono8", step=5)
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it has 0 bytes"),
        (b"\1\2\0\0", "begins with 0102"),
        (b"\0\1\0\0\1\2", "it ends after 6 bytes, 8 were meant"),
        (WHOLE[:-1], "it ends after"),
    ],
    ids=["empty", "header", "number", "pixels"],
)
def test_what_is_amiss_is_told(data: bytes, words: str) -> None:
    with pytest.raises(CdrError, match=words) as raised:
        read_image(data, Header())
    assert "check the publisher" in str(raised.value)


NUMBERS = st.tuples(st.sampled_from("bBhHiIqQ"), st.integers(0, 127))


@given(st.lists(NUMBERS | FRAMES | st.binary(max_size=600)))
@example([b"\1" * 300, ("q", 5), b"\2" * 300, ("B", 1), ("I", 7)])
@cases(CASES)
def test_what_is_written_is_read_again(fields: list[Any]) -> None:
    writer = CdrWriter()
    for field in fields:
        if isinstance(field, bytes):
            writer.data(field)
        elif isinstance(field, str):
            writer.text(field)
        else:
            writer.number(*field)
    reader = CdrReader(writer.message(), "a test")
    for field in fields:
        if isinstance(field, bytes):
            assert bytes(reader.data()) == field
        elif isinstance(field, str):
            assert reader.text() == field
        else:
            assert reader.number(field[0]) == field[1]
