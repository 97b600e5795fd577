"""Guards ~/segment: hands for who asks, beside the stream, and a sentence when there are none."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from handseg_ros.srv import SegmentImage
from lifecycle_msgs.msg import Transition
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from support.camera_images import image_message
from support.foreign import bright_breaks, greener
from support.node import start_node
from support.robot import NODE, Robot

from handseg_ros.nodes.pipeline.worker import MAX_PENDING_REQUESTS
from handseg_ros.segmentation.segmenter import Segmenter

SERVICE = "segment"
EMPTY = np.zeros((120, 160, 3), np.uint8)
BRIGHT = np.full((120, 160, 3), 255, np.uint8)
# Makes a frame take so long that requests pile up.
SLOW = ("input_width:=1024", "input_height:=1024")


def _ask(robot: Robot, image: Image) -> Any:
    return robot.call(SegmentImage, SERVICE, SegmentImage.Request(image=image))


def _client(robot: Robot) -> Any:
    queue = QoSProfile(depth=100)  # of which no answer is lost
    client: Any = robot.node.create_client(SegmentImage, f"{NODE}/{SERVICE}", qos_profile=queue)
    assert robot.wait_for(client.service_is_ready)
    return client


def _refused(response: Any, *words: str) -> bool:
    """Whether the refusal has these words, and no hands with it."""
    missing = [word for word in words if word not in response.message]
    assert not missing, (missing, response.message)
    return not response.success and response.hands.height == 0 and not response.hands.hands


def test_the_answer_is_the_core_s_own_while_nobody_listens(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    expected = Segmenter.load().segment(hand_picture)
    image = image_message(hand_picture, "rgb8", padding=6)
    image.header.frame_id, image.header.stamp.sec = "asked_for", 42
    with start_node():
        response = _ask(robot, image)
        assert response.success, response.message
        without_a_hand = _ask(robot, image_message(EMPTY, "bgr8"))
        figures = robot.figures()
    assert (figures["requests_answered"], figures["requests_refused"]) == ("2", "0")
    assert figures["frames_answered"] == "0", "a request is no frame of the stream"
    assert f"{len(expected.hands)} hand(s) in 640x480 pixels by hands " in response.message
    hands = response.hands
    assert hands.header == image.header
    assert (hands.height, hands.width, hands.sequence) == (*hand_picture.shape[:2], 0)
    assert (hands.input_age.sec, hands.input_age.nanosec) == (0, 0)
    assert [hand.area for hand in hands.hands] == [hand.area for hand in expected.hands]
    assert all(hand.mask.header == image.header for hand in hands.hands)
    assert without_a_hand.success
    assert (without_a_hand.hands.height, without_a_hand.hands.width) == EMPTY.shape[:2]
    assert without_a_hand.hands.hands == []


def test_a_bad_image_is_refused_with_its_cause(robot: Robot) -> None:
    with start_node() as process:
        for fault, words in (
            ({"encoding": "no_such"}, ("'no_such' is not known", "set the camera driver to")),
            ({"height": 0, "width": 0}, ("has no pixels",)),
            ({"step": 3}, ("step=3", "a row takes 480 bytes")),
        ):
            image = image_message(EMPTY, "bgr8")
            for name, value in fault.items():
                setattr(image, name, value)
            assert _refused(_ask(robot, image), *words)
        assert "a request was not answered: the image's encoding 'no_such'" in process.output()


def test_a_network_that_fails_is_told_and_the_next_request_answered(
    robot: Robot, tmp_path: Path
) -> None:
    with start_node(f"model:={bright_breaks(tmp_path / 'breaks.onnx')}") as process:
        response = _ask(robot, image_message(BRIGHT, "bgr8"))
        assert _refused(response, "breaks.onnx gave values that are no finite numbers")
        assert "a request was not answered: " in process.output()
        assert _ask(robot, image_message(EMPTY, "bgr8")).success
        figures = robot.figures()
    assert (figures["requests_answered"], figures["requests_refused"]) == ("1", "1")
    assert figures["frames_failed"] == "0", "a request is no frame of the stream"


def test_a_model_without_its_background_names_the_way_out(robot: Robot, tmp_path: Path) -> None:
    kept = tmp_path / "background.png"
    with start_node(f"model:={greener(tmp_path / 'greener.onnx')}", f"background_file:={kept}"):
        response = _ask(robot, image_message(EMPTY, "bgr8"))
        assert _refused(response, f"no background: call {NODE}/capture_background")


def test_the_stream_goes_on_between_requests(robot: Robot, hand_picture: np.ndarray) -> None:
    # Small, for the middleware sends what it lost of a large request again after seconds only.
    message = image_message(cv2.resize(hand_picture, (160, 120)), "bgr8")
    with start_node() as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        client = _client(robot)
        asked: list[Any] = []

        def ask_and_stream() -> bool:
            """Keep requests waiting all the time, and the camera sending."""
            if sum(not future.done() for future in asked) < MAX_PENDING_REQUESTS // 2:
                asked.append(client.call_async(SegmentImage.Request(image=message)))
            robot.send(message)
            return len(robot.answers["hands"]) >= 30

        assert robot.wait_for(ask_and_stream)
        assert robot.wait_for(lambda: all(future.done() for future in asked))
    responses = [future.result() for future in asked]
    assert len(responses) >= 10
    assert all(response.success for response in responses), responses[-1].message
    sequence = [answer.sequence for answer in robot.answers["hands"]]
    assert sequence == list(range(1, len(sequence) + 1))


def test_too_many_requests_are_refused_and_those_that_wait_when_the_node_is_deactivated(
    robot: Robot,
) -> None:
    request = SegmentImage.Request(image=image_message(EMPTY, "bgr8"))
    with start_node(*SLOW):
        client = _client(robot)
        asked = [client.call_async(request) for _ in range(3 * MAX_PENDING_REQUESTS)]
        assert robot.wait_for(lambda: any(future.done() for future in asked))
        assert robot.change_state(Transition.TRANSITION_DEACTIVATE)
        assert robot.wait_for(lambda: all(future.done() for future in asked))
        messages = [future.result().message for future in asked]
        for words in (
            f"{MAX_PENDING_REQUESTS} requests wait already",
            "the node was deactivated: ask again",
        ):
            assert any(words in text for text in messages), messages
        assert _refused(_ask(robot, request.image), "the node is inactive", "activate it first")
        assert int(robot.figures()["requests_refused"]) > len(asked) // 2
        assert robot.change_state(Transition.TRANSITION_ACTIVATE)
        assert _ask(robot, request.image).success
        figures = robot.figures()
    assert (figures["requests_answered"], figures["requests_refused"]) == ("1", "0")


def test_a_node_that_is_stopped_with_requests_waiting_ends_cleanly(robot: Robot) -> None:
    with start_node(*SLOW) as process:
        client = _client(robot)
        request = SegmentImage.Request(image=image_message(EMPTY, "bgr8"))
        asked = [client.call_async(request) for _ in range(5)]
        assert robot.wait_for(lambda: any(future.done() for future in asked))
        assert process.stop() == 0
        assert "Traceback" not in process.output()
        assert "xception" not in process.output()
