"""Guards the node's background: asked for, captured while images flow, kept, read, refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from handseg_ros.srv import CaptureBackground
from lifecycle_msgs.msg import Transition
from support.camera_images import image_message
from support.foreign import greener
from support.node import start_node
from support.processes import RunningProcess
from support.robot import Robot

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.nodes.background.file import write_background

GREY = np.full((120, 160, 3), 90, np.uint8)
GREEN = GREY.copy()
GREEN[30:80, 40:100, 1] = 200
SERVICE = "capture_background"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return greener(tmp_path / "greener.onnx")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "background"


@pytest.fixture
def process(model: Path, kept: Path) -> Iterator[RunningProcess]:
    """Yield a node that has no background yet, and that waits long for its camera."""
    patient = "stale_timeout:=600.0"
    with start_node(f"model:={model}", f"background_file:={kept}", patient) as started:
        yield started


def _request(delay: float = 0.0, averaging_time: float = 0.0) -> CaptureBackground.Request:
    return CaptureBackground.Request(delay=delay, averaging_time=averaging_time)


def _capture(robot: Robot, picture: np.ndarray, request: CaptureBackground.Request) -> Any:
    """Take a background from a camera that goes on sending this picture."""
    message = image_message(picture, "bgr8")
    return robot.call(CaptureBackground, SERVICE, request, lambda: robot.send(message))


def _watched(robot: Robot, process: RunningProcess, *topics: str) -> None:
    robot.listen(*topics)
    robot.open_camera()
    assert robot.wait_for(lambda: robot.watchers), process.output()


def test_nothing_is_published_before_the_background_and_masks_after_it(
    robot: Robot, process: RunningProcess
) -> None:
    _watched(robot, process, "hands", "mask")
    robot.send(image_message(GREEN, "bgr8"))
    assert robot.wait_for_figure("frames_without_background", 1)
    assert robot.statuses[-1].level == DiagnosticStatus.WARN
    assert f"no background: call /hand_segmentation/{SERVICE}" in robot.status_text()
    assert f"not answered: no background: call /hand_segmentation/{SERVICE}" in process.output()
    assert not robot.answers["hands"] + robot.answers["mask"]
    response = _capture(robot, GREY, _request(averaging_time=0.3))
    assert response.success, response.message
    assert "160x120" in response.message
    message = image_message(GREEN, "bgr8")
    hands, mask = robot.send_and_wait(message, "hands", "mask")
    assert mask.header == message.header
    assert len(hands.hands) == 1
    found = to_bgr(mask)[..., 0] > 0
    assert np.mean(found != (GREEN[..., 1] > 90)) < 0.02
    figures = robot.figures()
    assert figures["background"] == "160x120"
    assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.OK)
    assert process.stop() == 0


def test_the_background_is_the_mean_of_images_and_lossless(
    robot: Robot, process: RunningProcess, kept: Path
) -> None:
    _watched(robot, process, "hands")
    dark, bright = GREY - 40, GREY + 40
    messages = [image_message(picture, "bgr8") for picture in (dark, bright)]
    turns = iter(range(10**6))
    response = robot.call(
        CaptureBackground,
        SERVICE,
        _request(averaging_time=1.0),
        lambda: robot.send(messages[next(turns) % 2]),
    )
    assert response.success, response.message
    picture = cv2.imread(str(kept))
    assert picture is not None
    assert len(np.unique(picture)) == 1
    assert 50 < int(picture[0, 0, 0]) < 130
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_images_flow_and_parameters_answer_during_a_capture(
    robot: Robot, process: RunningProcess
) -> None:
    _watched(robot, process, "mask")
    assert _capture(robot, GREY, _request()).success
    # The old background serves until the new one is complete.
    client: Any = robot.node.create_client(CaptureBackground, f"/hand_segmentation/{SERVICE}")
    assert robot.wait_for(client.service_is_ready)
    pending = client.call_async(_request(delay=600.0))
    assert robot.wait_for_status(lambda status: "complete in" in _figure(status, "background"))
    robot.send_and_wait(image_message(GREEN, "bgr8"), "mask")
    assert robot.set_parameter("overlay_mode", "mask").successful
    second = robot.call(CaptureBackground, SERVICE, _request())
    assert not second.success
    assert "under way" in second.message
    assert robot.change_state(Transition.TRANSITION_DEACTIVATE)
    assert robot.wait_for(pending.done)
    assert not pending.result().success
    assert "deactivated" in pending.result().message
    third = robot.call(CaptureBackground, SERVICE, _request())
    assert not third.success
    assert "inactive" in third.message


def _figure(status: DiagnosticStatus, key: str) -> str:
    return next((pair.value for pair in status.values if pair.key == key), "")


def test_a_capture_needs_no_listener(robot: Robot, process: RunningProcess, kept: Path) -> None:
    robot.open_camera()
    assert robot.wait_for_status(lambda status: "no background" in status.message)
    assert robot.watchers == 0
    assert _capture(robot, GREY, _request()).success
    assert kept.is_file()
    assert robot.wait_for(lambda: robot.watchers == 0), "the camera should be left alone again"


def test_the_next_start_reads_the_background_again(
    robot: Robot, process: RunningProcess, model: Path, kept: Path
) -> None:
    _watched(robot, process, "hands")
    assert _capture(robot, GREY, _request()).success
    assert process.stop() == 0
    with start_node(f"model:={model}", f"background_file:={kept}") as second:
        assert robot.wait_for(lambda: robot.watchers), second.output()
        (hands,) = robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
        assert len(hands.hands) == 1
        assert f"background read from {kept}" in second.output()


def test_without_a_chosen_file_it_lies_in_ros_s_own_folder(
    robot: Robot, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "home"))
    with start_node(f"model:={model}") as process:
        _watched(robot, process, "hands")
        assert _capture(robot, GREY, _request()).success
    assert (tmp_path / "home" / "handseg_ros" / "hand_segmentation.png").is_file()


def test_a_damaged_file_is_told_and_counts_as_none(
    robot: Robot, process: RunningProcess, model: Path, kept: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.png"
    cv2.imwrite(str(damaged), GREY)
    damaged.write_bytes(damaged.read_bytes()[:60])
    _watched(robot, process, "hands")
    assert _capture(robot, GREY, _request()).success
    assert robot.set_parameter("background_file", str(damaged)).successful
    assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.WARN)
    for words in ("no background", str(damaged), "truncated", SERVICE):
        assert words in robot.status_text()
        assert words in process.output()
    # Back to the good one.
    assert robot.set_parameter("background_file", str(kept)).successful
    robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")


def test_a_camera_of_another_size_is_an_error_and_not_answered(
    robot: Robot, process: RunningProcess
) -> None:
    _watched(robot, process, "hands")
    assert _capture(robot, GREY, _request()).success
    stamp = robot.send(image_message(cv2.resize(GREEN, (320, 240)), "bgr8"))
    assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.ERROR)
    for words in ("320x240", "160x120", "take the background again"):
        assert words in robot.status_text()
        assert words in process.output()
    robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
    assert robot.answer("hands", stamp) is None


def test_a_camera_that_changes_its_size_ends_the_capture(
    robot: Robot, process: RunningProcess
) -> None:
    _watched(robot, process, "hands")
    messages = [image_message(picture, "bgr8") for picture in (GREY, cv2.resize(GREY, (80, 60)))]
    turns = iter(range(10**6))
    response = robot.call(
        CaptureBackground,
        SERVICE,
        _request(averaging_time=600.0),
        lambda: robot.send(messages[next(turns) % 2]),
    )
    assert not response.success
    assert "80x60" in response.message
    assert robot.wait_for(lambda: robot.figures()["background"] == "none")


def test_a_change_of_the_model_ends_the_capture_and_reads_what_is_kept(
    robot: Robot, process: RunningProcess, model: Path, kept: Path
) -> None:
    _watched(robot, process, "hands")
    client: Any = robot.node.create_client(CaptureBackground, f"/hand_segmentation/{SERVICE}")
    assert robot.wait_for(client.service_is_ready)
    pending = client.call_async(_request(delay=600.0))
    assert robot.wait_for(lambda: "a capture of the background began" in process.output())
    assert robot.set_parameter("model", "hands").successful
    assert robot.wait_for(pending.done)
    assert "the model or the background's file was changed" in pending.result().message
    robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
    assert robot.set_parameter("model", str(model)).successful
    assert process.output().count("no background: call") > 1
    write_background(kept, GREY)
    assert robot.set_parameter("background_file", f"{kept.parent}/./{kept.name}").successful
    (hands,) = robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
    assert (hands.model, len(hands.hands)) == ("greener 1", 1)


def test_a_silent_camera_ends_the_capture(robot: Robot, process: RunningProcess) -> None:
    _watched(robot, process, "hands")
    response = robot.call(CaptureBackground, SERVICE, _request())
    assert not response.success
    assert "the images on /image ended after 0" in response.message


def test_a_folder_that_cannot_be_written_is_told_and_the_background_used(
    robot: Robot, model: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "a_file"
    blocked.write_text("no folder")
    with start_node(f"model:={model}", f"background_file:={blocked}/picture.png") as process:
        _watched(robot, process, "hands")
        response = _capture(robot, GREY, _request())
        assert response.success
        assert "not kept, as" in response.message
        assert "a_file" in response.message
        robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")


def test_a_background_that_could_not_be_kept_outlives_a_change_of_the_model(
    robot: Robot, model: Path, tmp_path: Path
) -> None:
    folder, blocked, link = tmp_path / "kept", tmp_path / "a_file", tmp_path / "link"
    write_background(folder / "older.png", GREEN)
    blocked.write_text("no folder")
    link.symlink_to(folder)
    with start_node(f"model:={model}", f"background_file:={link}/older.png") as process:
        _watched(robot, process, "hands")
        link.unlink()
        link.symlink_to(blocked)
        assert "not kept, as" in _capture(robot, GREY, _request()).message
        link.unlink()
        link.symlink_to(folder)
        for name in ("hands", str(model)):
            assert robot.set_parameter("model", name).successful
        (hands,) = robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
        assert len(hands.hands) == 1
        assert _capture(robot, GREEN, _request()).success
        assert robot.set_parameter("model", "hands").successful
        write_background(folder / "older.png", GREY)
        assert robot.set_parameter("model", str(model)).successful
        (hands,) = robot.send_and_wait(image_message(GREEN, "bgr8"), "hands")
        assert len(hands.hands) == 1  # by the file, as the newest one was kept


@pytest.mark.usefixtures("process")
def test_times_that_make_no_sense_are_refused(robot: Robot) -> None:
    for request, words in (
        (_request(delay=-1.0), ["delay cannot be -1", "0 to 3600"]),
        (_request(delay=float("nan")), ["delay cannot be nan"]),
        (_request(averaging_time=1e6), ["averaging_time cannot be 1e+06", "0 to 600"]),
    ):
        response = robot.call(CaptureBackground, SERVICE, request)
        assert not response.success
        for word in words:
            assert word in response.message


def test_a_model_that_compares_nothing_refuses_in_words(robot: Robot) -> None:
    with start_node():
        response = robot.call(CaptureBackground, SERVICE, _request())
        assert not response.success
        assert "takes no background" in response.message
        assert "frame_background" in response.message
        assert "background" not in robot.figures()


def test_a_node_that_is_stopped_during_a_capture_ends_cleanly(
    robot: Robot, process: RunningProcess
) -> None:
    _watched(robot, process, "hands")
    client: Any = robot.node.create_client(CaptureBackground, f"/hand_segmentation/{SERVICE}")
    assert robot.wait_for(client.service_is_ready)
    client.call_async(_request(averaging_time=600.0))
    assert robot.wait_for(lambda: "a capture of the background began" in process.output())
    assert process.stop() == 0
    assert "Traceback" not in process.output()
    assert "exception" not in process.output()


def _begin_to_write(robot: Robot, process: RunningProcess, kept: Path) -> np.ndarray:
    """Return a background that is in the middle of being written until it is read."""
    _watched(robot, process, "hands")
    kept.parent.mkdir()
    os.mkfifo(kept)
    client: Any = robot.node.create_client(CaptureBackground, f"/hand_segmentation/{SERVICE}")
    assert robot.wait_for(client.service_is_ready)
    client.call_async(_request())
    assert robot.wait_for(lambda: "a capture of the background began" in process.output())
    # As PNG more than a pipe takes at once.
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    robot.send(image_message(noise, "bgr8"))
    return noise


def _read(reader: IO[bytes]) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(reader.read(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def test_a_node_that_is_stopped_while_the_background_is_written_ends_cleanly(
    robot: Robot, process: RunningProcess, kept: Path
) -> None:
    picture = _begin_to_write(robot, process, kept)
    with kept.open("rb") as reader:
        process.signal(signal.SIGINT)
        time.sleep(0.5)  # the node begins to end
        np.testing.assert_array_equal(_read(reader), picture)
    assert process.wait() == 0
    assert "Traceback" not in process.output()
    assert "exception" not in process.output()
