"""Guards that no frame is answered half by what held before a change and half by what came."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rclpy
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from support.camera_images import image_message
from support.colours import by_colour, coloured
from support.foreign import greener
from support.robot import NODE, PATIENCE, Robot

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.nodes.hand_segmentation_node import HandSegmentationNode
from handseg_ros.segmentation.session import ModelSession

STALE = 600.0


class Gate:
    """Stops one network in the middle of its work until it is opened; others go through."""

    def __init__(self, model: Path) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._model = model
        self._run = ModelSession.run

    def run(self, session: ModelSession, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network as it does, once the gate is open."""
        if session.path == self._model and self._is_a_frame(inputs):
            self.reached.set()
            assert self.opened.wait(PATIENCE)
        return self._run(session, inputs)

    @staticmethod
    def _is_a_frame(inputs: Mapping[str, np.ndarray]) -> bool:
        """Tell a frame from the black picture that warms a network up."""
        return any(values.any() for values in inputs.values())


@contextmanager
def _running_node(parameters: Mapping[str, Any]) -> Iterator[None]:
    """Run the node with its executor in a thread of this process."""
    arguments = ["--ros-args"]
    for name, value in parameters.items():
        arguments += ["-p", f"{name}:={value}"]
    rclpy.init(args=arguments)
    node = HandSegmentationNode()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        node.start()
        thread = threading.Thread(target=executor.spin, daemon=True)
        thread.start()
        yield
        executor.shutdown()
        thread.join(PATIENCE)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _write_when_read(pipe: Path, robot: Robot) -> int:
    """Return the writing end of a pipe once somebody reads it, and waits."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            robot.wait_for(lambda: False, seconds=0.02)
    raise AssertionError("the node did not read its background")


def test_a_frame_between_two_networks_is_answered_by_one_with_its_own_parameters(
    robot: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executor is stopped in the middle of a change: it reads the background from a pipe."""
    first, second = by_colour(tmp_path / "first.onnx"), greener(tmp_path / "second.onnx")
    pipe = tmp_path / "background.png"
    os.mkfifo(pipe)
    gate = Gate(first)
    monkeypatch.setattr(ModelSession, "run", lambda session, inputs: gate.run(session, inputs))
    picture = coloured()
    message = image_message(picture, "bgr8")
    changes: dict[str, str | float] = {
        "model": str(second),
        "score_threshold": 0.999,
        "overlay_mode": "none",
        "background_file": str(pipe),
    }
    request = SetParametersAtomically.Request(
        parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in changes.items()
        ]
    )
    with _running_node({"model": first, "stale_timeout": STALE}):
        robot.listen("hands", "overlay")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        # One frame in the network, one that waits, and then the change.
        stamps = [robot.send(message)]
        assert robot.wait_for(gate.reached.is_set)
        stamps.append(robot.send(message))
        assert robot.wait_for_figure("frames_received", 2)
        client: Any = robot.node.create_client(
            SetParametersAtomically, f"{NODE}/set_parameters_atomically"
        )
        assert robot.wait_for(client.service_is_ready)
        changed = client.call_async(request)
        writing = _write_when_read(pipe, robot)
        gate.opened.set()
        assert robot.wait_for(lambda: all(robot.answer("overlay", stamp) for stamp in stamps))
        for stamp in stamps:
            hands = robot.answer("hands", stamp)
            assert hands.model.startswith("foreign")
            assert len(hands.hands) == 1, "the threshold of after the change"
            drawn = to_bgr(robot.answer("overlay", stamp))
            assert (drawn != picture).any(), "the overlay of after the change"
        os.write(writing, cv2.imencode(".png", np.zeros_like(picture))[1].tobytes())
        os.close(writing)
        assert robot.wait_for(changed.done)
        assert changed.result().result.successful
        hands, overlay = robot.send_and_wait(message, "hands", "overlay")
        assert hands.model.startswith("greener")
        np.testing.assert_array_equal(to_bgr(overlay), picture)
