"""Guards the live node against strange depth over DDS: hands come, and the reasons are counted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from handseg_ros.msg import HandInstance
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import Image
from support.accounts import settled
from support.cases import cases
from support.colours import by_colour
from support.node import start_node
from support.rgbd import FRAME, SECOND, calibration, depth_message
from support.rgbd_scene import RgbdScene
from support.robot import a_robot
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
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RgbdScene]:
    """Yield a camera with depth before a node; at the end all images have their account."""
    model = by_colour(tmp_path_factory.mktemp("model") / "colours.onnx")
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=0.1") as node, a_robot() as made:
        made.listen(*TOPICS)
        yield RgbdScene(made)
        assert settled(made)["frames_failed"] == 0, made.status_text()
        assert node.stop() == 0


def test_hands_are_answered_whatever_depth_comes(scene: RgbdScene) -> None:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[10:40, 10:40] = 0, 200, 0
    camera, figures = scene.camera, scene.robot.figures
    scene.wait_until_watched()
    whole = depth_message(np.full((SIDE, SIDE), 600, np.uint16))
    frames = st.just(FRAME) | st.text(max_size=8)
    later = st.sampled_from([0, 0, 0, SECOND // 100, -SECOND, 3 * SECOND])

    def the_hand(stamp: int) -> HandInstance:
        (message,) = scene.answers(stamp, "hands")
        (hand,) = message.hands
        return hand

    @given(strange_depths(), strange_calibrations(), frames, later)
    @cases(DEPTH_CASES)
    def send(depth: StrangeImage, info: StrangeCalibration, frame: str, offset: int) -> None:
        stamp = camera.tick()
        camera.send_calibration(info.message(), stamp)
        camera.send_depth(fill(Image(), depth), stamp + offset, frame)
        camera.send_image(picture, stamp)
        the_hand(stamp)
        # So far ahead that no depth sent before can be taken for this image's.
        good = camera.tick(5.0)
        camera.send_calibration(calibration(SIDE, SIDE), good)
        camera.send_depth(whole, good)
        camera.send_image(picture, good)
        assert the_hand(good).position_valid, figures()["last_depth_problem"]

    send()
    assert int(figures()["depth_unusable"]) > DEPTH_CASES // 4
