"""Guards the live node against strange images over DDS: it lives on, and counts what it drops."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
from support.accounts import RECEIVED, settled
from support.camera_images import jpeg_message
from support.cases import cases
from support.png_bomb import png_bomb
from support.processes import RunningProcess
from support.robot import Robot
from support.strange_images import (
    StrangeImage,
    StrangePicture,
    fill,
    strange_images,
    strange_pictures,
)
from support.vitals import resident_kilobytes

from handseg_ros.image_messages.decode import to_bgr

pytestmark = pytest.mark.slow

PAUSE = 0.01  # so that the node has taken one before the next comes
RAW_CASES, COMPRESSED_CASES, BYTES_CASES = 70, 50, 20


def turned_to(robot: Robot, transport: str) -> None:
    """Let the node listen to raw or to compressed images, and the robot's camera send such."""
    robot.close_camera()
    assert robot.set_parameter("image_transport", transport).successful
    if transport == "raw":
        robot.open_camera()
    else:
        robot.open_camera("/image/compressed", CompressedImage)
    assert robot.wait_for(lambda: robot.watchers)


def dropped_since(robot: Robot, before: dict[str, int]) -> int:
    """Return how many images were bad, and fail when one failed for another reason."""
    counts = settled(robot)
    assert counts["frames_failed"] == 0, robot.status_text()
    return counts["frames_bad"] - before["frames_bad"]


def test_raw_images(beside: Robot, small_image: Image) -> None:
    turned_to(beside, "raw")
    before = settled(beside)

    @given(strange_images())
    @cases(RAW_CASES)
    def send(strange: StrangeImage) -> None:
        beside.publish(fill(Image(), strange))
        beside.wait_for(lambda: False, PAUSE)
        beside.send_and_wait(small_image, "hands")

    send()
    assert dropped_since(beside, before) > RAW_CASES // 4


def test_compressed_images(beside: Robot, small_image: Image) -> None:
    turned_to(beside, "compressed")
    before, probe = settled(beside), jpeg_message(to_bgr(small_image))

    @given(strange_pictures())
    @cases(COMPRESSED_CASES)
    def send(strange: StrangePicture) -> None:
        beside.publish(fill(CompressedImage(), strange))
        beside.wait_for(lambda: False, PAUSE)
        beside.send_and_wait(probe, "hands")

    send()
    assert dropped_since(beside, before) > COMPRESSED_CASES // 4


def test_a_picture_that_would_unfold_to_gigabytes(
    beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    turned_to(beside, "compressed")
    probe = jpeg_message(to_bgr(small_image))
    beside.send_and_wait(probe, "hands")
    before, resident = settled(beside), resident_kilobytes(node.pid)
    beside.publish(fill(CompressedImage(), StrangePicture("png", png_bomb(12000, 12000), (1, 0))))
    # Its fate comes first: a newer image would take its place.
    assert beside.wait_for(lambda: settled(beside)[RECEIVED] > before[RECEIVED], 20.0)
    beside.send_and_wait(probe, "hands")
    assert dropped_since(beside, before) == 1
    assert "12000x12000 pixels, but no side may have more than 8192" in beside.status_text()
    assert resident_kilobytes(node.pid) - resident < 50_000  # of its pixels' 144,000


@pytest.mark.parametrize("kind", ["cut", "changed"])
def test_bytes_that_are_no_message(beside: Robot, small_image: Image, kind: str) -> None:
    """The serialized message itself is damaged, as by another middleware's mistake."""
    turned_to(beside, "raw")
    whole = serialize_message(small_image)

    @given(st.integers(4, 120), st.binary(min_size=1, max_size=8))
    @cases(BYTES_CASES)
    def send(place: int, others: bytes) -> None:
        head = whole[:place]
        beside.publish(head if kind == "cut" else head + others + whole[place + len(others) :])
        beside.wait_for(lambda: False, PAUSE)
        beside.send_and_wait(small_image, "hands")

    send()
    settled(beside)
