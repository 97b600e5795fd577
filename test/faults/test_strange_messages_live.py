"""Guards the live node against strange images over DDS: it lives on, and counts what it drops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
from support.accounts import settled
from support.camera_images import jpeg_message
from support.cases import cases
from support.node import start_node
from support.png_bomb import png_bomb
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
RAW_CASES, COMPRESSED_CASES, BYTES_CASES = 80, 50, 20


def test_raw_images(robot: Robot, small_image: Image) -> None:
    with start_node("model:=hands_fast") as process:
        robot.listen("hands", "mask", "instances")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()

        @given(strange_images())
        @cases(RAW_CASES)
        def send(strange: StrangeImage) -> None:
            robot.publish(fill(Image(), strange))
            robot.wait_for(lambda: False, PAUSE)
            robot.send_and_wait(small_image, "hands")

        send()
        counts = settled(robot)
        assert process.stop() == 0
    assert counts["frames_failed"] == 0, process.output()
    assert counts["frames_bad"] > RAW_CASES // 4


def test_compressed_images(robot: Robot, small_image: Image) -> None:
    probe = jpeg_message(to_bgr(small_image))
    with start_node("model:=hands_fast", "image_transport:=compressed") as process:
        robot.listen("hands", "mask/compressed", "overlay/compressed")
        robot.open_camera("/image/compressed", CompressedImage)
        assert robot.wait_for(lambda: robot.watchers), process.output()

        @given(strange_pictures())
        @cases(COMPRESSED_CASES)
        def send(strange: StrangePicture) -> None:
            robot.publish(fill(CompressedImage(), strange))
            robot.wait_for(lambda: False, PAUSE)
            robot.send_and_wait(probe, "hands")

        send()
        counts = settled(robot)
        assert process.stop() == 0
    assert counts["frames_failed"] == 0, process.output()
    assert counts["frames_bad"] > COMPRESSED_CASES // 4


def test_a_picture_that_would_unfold_to_gigabytes(robot: Robot, small_image: Image) -> None:
    bomb = StrangePicture("png", png_bomb(12000, 12000), (1, 0))
    with start_node("model:=hands_fast", "image_transport:=compressed") as process:
        robot.listen("hands")
        robot.open_camera("/image/compressed", CompressedImage)
        assert robot.wait_for(lambda: robot.watchers), process.output()
        robot.send_and_wait(jpeg_message(to_bgr(small_image)), "hands")
        before = resident_kilobytes(process.pid)
        robot.publish(fill(CompressedImage(), bomb))
        assert robot.wait_for_figure("frames_bad", 1)
        assert "12000x12000 pixels, but no side may have more than 8192" in robot.status_text()
        robot.send_and_wait(jpeg_message(to_bgr(small_image)), "hands")
        assert resident_kilobytes(process.pid) - before < 50_000  # of its pixels' 144,000
        assert process.stop() == 0


@pytest.mark.parametrize("kind", ["cut", "changed"])
def test_bytes_that_are_no_message(robot: Robot, small_image: Image, kind: str) -> None:
    """The serialized message itself is damaged, as by another middleware's mistake."""
    whole = serialize_message(small_image)
    with start_node("model:=hands_fast") as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()

        @given(st.integers(4, 120), st.binary(min_size=1, max_size=8))
        @cases(BYTES_CASES)
        def send(place: int, others: bytes) -> None:
            head = whole[:place]
            robot.publish(head if kind == "cut" else head + others + whole[place + len(others) :])
            robot.wait_for(lambda: False, PAUSE)
            robot.send_and_wait(small_image, "hands")

        send()
        settled(robot)
        assert process.stop() == 0
