"""Guards the parameter temporal_smoothing: what is remembered of a stream, and until when."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from std_msgs.msg import Header
from support.camera_images import image_message
from support.foreign import bright
from support.node import start_node
from support.robot import Robot

from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.pipeline.smoothing import TemporalSmoothing
from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.segmenter import Segmenter

_SETUP = FrameSetup(Segmenter.load("hands_fast"), Settings(temporal_smoothing=True))


def _header(seconds: float) -> Header:
    header = Header()
    header.stamp.sec, header.stamp.nanosec = int(seconds), int(1e9 * (seconds % 1))
    return header


def test_a_stream_is_remembered_until_it_begins_anew() -> None:
    smoothing = TemporalSmoothing()
    first = smoothing.segmenter(_SETUP, _header(10.0))
    assert first is not _SETUP.segmenter
    assert smoothing.segmenter(_SETUP, _header(10.4)) is first
    after_a_gap = smoothing.segmenter(_SETUP, _header(11.0))
    assert after_a_gap is not first
    backwards = smoothing.segmenter(_SETUP, _header(3.0))
    assert backwards is not after_a_gap
    other = replace(_SETUP, segmenter=replace(_SETUP.segmenter))
    assert smoothing.segmenter(other, _header(3.1)) is not backwards


def test_it_is_as_the_parameter_says_from_frame_to_frame() -> None:
    smoothing = TemporalSmoothing()
    off = replace(_SETUP, settings=Settings())
    assert smoothing.segmenter(off, _header(10.0)) is _SETUP.segmenter
    first = smoothing.segmenter(_SETUP, _header(10.1))
    assert first is not _SETUP.segmenter
    assert smoothing.segmenter(off, _header(10.2)) is _SETUP.segmenter
    assert smoothing.segmenter(_SETUP, _header(10.3)) is not first


def test_the_node_s_masks_are_those_of_the_core_s_sequence(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    noise = np.random.default_rng(0).normal(0.0, 8.0, (3, *hand_picture.shape))
    frames = np.clip(hand_picture + noise, 0, 255).astype(np.uint8)
    alone = Segmenter.load()
    sequence = alone.for_sequence()
    expected = [sequence.segment(frame).mask() for frame in frames]
    assert (alone.segment(frames[2]).mask() != expected[2]).any()
    with start_node("temporal_smoothing:=true") as process:
        robot.listen("mask")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        for number, frame in enumerate(frames):
            stamp = robot.send(image_message(frame, "bgr8"), (50, 100_000_000 * (number + 1)))
            assert robot.wait_for(partial(robot.answer, "mask", stamp))
            data = np.frombuffer(robot.answer("mask", stamp).data, np.uint8)
            np.testing.assert_array_equal(data, expected[number].reshape(-1))


def test_a_model_that_cannot_is_refused_with_a_reason(robot: Robot, tmp_path: Path) -> None:
    model = str(bright(tmp_path / "bright.onnx"))
    with start_node("temporal_smoothing:=true"):
        refused = robot.set_parameter("model", model)
        assert not refused.successful
        assert "answer each frame alone" in refused.reason
        assert robot.set_parameter("temporal_smoothing", False).successful
        assert robot.set_parameter("model", model).successful
        refused = robot.set_parameter("temporal_smoothing", True)
        assert not refused.successful
        assert "family 'semantic'" in refused.reason
