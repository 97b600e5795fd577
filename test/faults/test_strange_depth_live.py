"""Guards the live node against strange depth over DDS: hands come, and the reasons are counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import Image
from support.accounts import settled
from support.cases import cases
from support.colours import by_colour
from support.node import start_node
from support.rgbd import FRAME, SECOND, RgbdCamera, calibration, depth_message, header
from support.robot import Robot, a_robot
from support.strange_depth import (
    SIDE,
    StrangeCalibration,
    strange_calibrations,
    strange_depths,
)
from support.strange_images import StrangeImage, fill

pytestmark = pytest.mark.slow

TOPICS = ("hands", "keep_out", "depth_without_hands", "points")
DEPTH_CASES = 60


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """Yield a robot beside a node with depth; at the end all images have their account."""
    model = by_colour(tmp_path_factory.mktemp("model") / "colours.onnx")
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=0.1") as node, a_robot() as made:
        made.listen(*TOPICS)
        yield made
        assert settled(made)["frames_failed"] == 0, made.status_text()
        assert node.stop() == 0


def hand_position_valid(robot: Robot, stamp: int) -> bool:
    """Wait for the one hand of an image; return whether depth gave it a position."""
    when = header(stamp).stamp
    key = (when.sec, when.nanosec)
    assert robot.wait_for(lambda: robot.answer("hands", key)), robot.status_text()
    (hand,) = robot.answer("hands", key).hands
    return bool(hand.position_valid)


def test_hands_are_answered_whatever_depth_comes(beside: Robot) -> None:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[10:40, 10:40] = 0, 200, 0
    camera = RgbdCamera(beside)
    assert beside.wait_for(camera.is_watched), beside.status_text()
    whole = depth_message(np.full((SIDE, SIDE), 600, np.uint16))
    frames = st.just(FRAME) | st.text(max_size=8)
    late = st.sampled_from([0, 0, 0, SECOND // 100, -SECOND, 3 * SECOND])

    @given(strange_depths(), strange_calibrations(), frames, late)
    @cases(DEPTH_CASES)
    def send(depth: StrangeImage, info: StrangeCalibration, frame: str, offset: int) -> None:
        stamp = camera.tick()
        camera.send_calibration(info.message(), stamp)
        camera.send_depth(fill(Image(), depth), stamp + offset, frame)
        camera.send_image(picture, stamp)
        hand_position_valid(beside, stamp)
        # Far enough ahead of what was sent before, that it cannot be taken for this image's.
        good = camera.tick(5.0)
        camera.send_calibration(calibration(SIDE, SIDE), good)
        camera.send_depth(whole, good)
        camera.send_image(picture, good)
        assert hand_position_valid(beside, good), beside.figures()["last_depth_problem"]

    send()
    assert int(beside.figures()["depth_unusable"]) > DEPTH_CASES // 4
