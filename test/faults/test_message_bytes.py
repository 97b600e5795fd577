"""Guards the reader of messages' bytes against any bytes: refused, or read as rclpy reads them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from support.big_endian import big_endian
from support.cases import cases
from support.damaged_messages import damaged
from support.message_facts import facts

from handseg_ros.image_messages.cdr import CdrError
from handseg_ros.image_messages.serialized import (
    SerializedCompressedImage,
    SerializedImage,
    read_compressed_image,
    read_image,
)

CASES = 500  # ten thousand at night
IMAGE = Image(
    header=Header(frame_id="camera"), height=3, width=5, encoding="bgr8", step=15,
    data=bytes(range(45)),
)  # fmt: skip
PICTURE = CompressedImage(header=Header(frame_id="camera"), format="jpeg", data=bytes(range(30)))
WHOLE = (
    (Image, serialize_message(IMAGE)),
    (Image, big_endian(IMAGE)),
    (CompressedImage, serialize_message(PICTURE)),
)
ORDERS = st.sampled_from([b"\x00\x00", b"\x00\x01"])  # the marks of both


def read_either(data: bytes, kind: type) -> SerializedImage | SerializedCompressedImage | None:
    try:
        return (read_image if kind is Image else read_compressed_image)(data, Header())
    except CdrError:
        return None


@given(st.data())
@cases(CASES)
def test_damaged_bytes_are_refused_or_read_as_rclpy_reads_them(data: st.DataObject) -> None:
    """What we read, rclpy reads too, and the same: no field is taken from beyond the end."""
    kind, whole = data.draw(st.sampled_from(WHOLE))
    drawn = data.draw(damaged(whole) | st.binary(max_size=80))
    if data.draw(st.booleans()):
        drawn = data.draw(ORDERS) + drawn[2:]
    image = read_either(drawn, kind)
    if image is None:
        return
    assert len(image.data) <= len(drawn)
    assert facts(image) == facts(deserialize_message(drawn, kind))
