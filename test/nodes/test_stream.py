"""Guards the node's promise: one answer to every image, with its own header, height and width."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import shutil

import cv2
import numpy as np
import pytest
from handseg_ros.msg import HandInstances
from sensor_msgs.msg import CompressedImage, Image
from support.camera_images import ENCODERS, PICTURE_SIZES, image_message, jpeg_message
from support.node import start_node
from support.robot import OUTPUTS, Robot

from handseg_ros.image_messages.compressed import decode_compressed
from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.segmentation.id_picture import draw_ids
from handseg_ros.segmentation.package_files import package_folder
from handseg_ros.segmentation.segmenter import Segmenter

KINDS = tuple(itertools.product(PICTURE_SIZES, ENCODERS, (0, 6)))  # 6: padding of rows, in bytes
BAD_EVERY = 20


def _as_array(message: Image) -> np.ndarray:
    assert message.encoding == "mono8"
    assert message.step == message.width
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width)


def _painted_from(hands: HandInstances) -> np.ndarray:
    """Return the image of instances that the hands' own masks make."""
    painted = np.zeros((hands.height, hands.width), np.uint8)
    for hand in hands.hands:
        roi, mask = hand.roi, _as_array(hand.mask)
        assert mask.shape == (roi.height, roi.width)
        assert hand.mask.header == hands.header
        window = painted[roi.y_offset :, roi.x_offset :][: roi.height, : roi.width]
        assert not window[mask > 0].any(), "two hands share a pixel"
        window[mask > 0] = hand.id
        assert hand.area == np.count_nonzero(mask)
    return painted


def _bad_image(number: int, good: Image) -> Image:
    """Return an image with one of the faults that cameras and their drivers have."""
    fault = number % 4
    if fault == 0:
        good.encoding = "no_such_encoding"
    elif fault == 1:
        good.step //= 2
    elif fault == 2:
        good.data = good.data[: len(good.data) // 2]
    else:
        good.width = good.height = good.step = 0
        good.data = good.data[:0]
    return good


@pytest.fixture(autouse=True)
def whole_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the launch files have it, where there is room: large images come whole, and at once."""
    if shutil.disk_usage("/dev/shm").free > 2**30:
        profile = package_folder("config", "fastdds.xml")
        monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", f"{profile}/fastdds.xml")


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_images_of_every_kind_and_bad_ones_between(
    robot: Robot, hand_picture: np.ndarray, times: int
) -> None:
    topics = ("hands", "mask", "instances", "overlay")
    found = bad = 0
    with start_node("model:=hands_fast") as process:
        robot.listen(*topics)
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        for number, ((height, width), encoding, padding) in enumerate(times * KINDS):
            picture = cv2.resize(hand_picture, (width, height), interpolation=cv2.INTER_AREA)
            if number % BAD_EVERY == BAD_EVERY - 1:
                robot.send(_bad_image(bad, image_message(picture, "bgr8")))
                bad += 1
                assert robot.wait_for_figure("frames_bad", bad)
            message = image_message(picture, encoding, padding)
            hands, mask, instances, overlay = robot.send_and_wait(message, *topics)
            for answer in (hands, mask, instances, overlay):
                assert answer.header == message.header
                assert (answer.height, answer.width) == (height, width)
            ids = _as_array(instances)
            np.testing.assert_array_equal(ids, _painted_from(hands))
            np.testing.assert_array_equal(_as_array(mask), np.where(ids > 0, 255, 0))
            assert overlay.encoding == "bgr8"
            found += len(hands.hands)
        figures = robot.figures()
        assert process.stop() == 0
        assert "no_such_encoding" in process.output()
    assert figures["frames_answered"] == str(times * len(KINDS))
    assert figures["frames_bad"] == str(bad) == str(times * len(KINDS) // BAD_EVERY)
    assert figures["frames_failed"] == "0"
    assert figures["hands"] == str(found)
    assert found > times * len(KINDS) / 2, (
        "the picture of hands should show hands in most encodings"
    )


def test_the_answer_is_the_core_s_own(robot: Robot, hand_picture: np.ndarray) -> None:
    expected = Segmenter.load().segment(hand_picture)
    with start_node():
        robot.listen(*OUTPUTS)
        robot.listen_to_labels()
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        message = image_message(hand_picture, "bgr8")
        answers = dict(zip(OUTPUTS, robot.send_and_wait(message, *OUTPUTS), strict=True))
        assert robot.wait_for(lambda: robot.answers["label_info"])
    np.testing.assert_array_equal(_as_array(answers["instances"]), expected.instances())
    np.testing.assert_array_equal(to_bgr(answers["instances_color"]), draw_ids(expected))
    for hand, own in zip(answers["hands"].hands, expected.hands, strict=True):
        assert (hand.id, hand.side, hand.area) == (own.id, own.side, own.area)
        assert hand.score == pytest.approx(own.score, abs=1e-6)
        assert (hand.centroid_x, hand.centroid_y) == pytest.approx(own.centroid, abs=1e-3)
        assert hand.track_id in (1, 2)
        assert not hand.position_valid
        assert hand.touched_roi.width == 0
    # The PNGs are exact, and of one channel as others read them; the JPEG looks alike.
    for topic, pixels in (("mask", expected.mask()), ("instances", expected.instances())):
        png = answers[f"{topic}/compressed"]
        assert png.format == "mono8; png compressed"
        decoded = cv2.imdecode(np.frombuffer(png.data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert decoded is not None
        np.testing.assert_array_equal(decoded, pixels)
    jpeg = decode_compressed(answers["overlay/compressed"]).astype(int)
    assert np.abs(jpeg - to_bgr(answers["overlay"])).mean() < 5
    for topic in ("mask/compressed", "instances/compressed", "overlay/compressed"):
        assert answers[topic].header == message.header
    (labels,) = robot.answers["label_info"]
    assert dict(zip(labels.values, labels.names, strict=True)) == {0: "background", 255: "hand"}


def test_masks_go_where_a_handover_pipeline_reads_them(
    robot: Robot, hand_picture: np.ndarray
) -> None:
    came: list[CompressedImage] = []
    robot.node.create_subscription(CompressedImage, "/egohands/topic", came.append, 1)
    with start_node(remappings=("~/mask/compressed:=/egohands/topic",)) as process:
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        message = image_message(hand_picture, "bgr8")
        robot.send(message)
        assert robot.wait_for(lambda: came)
    assert came[0].header == message.header
    assert decode_compressed(came[0]).any()


def test_compressed_input_and_a_truncated_jpeg(robot: Robot, hand_picture: np.ndarray) -> None:
    remappings = ("image:=/camera/color",)
    with start_node("image_transport:=compressed", remappings=remappings) as process:
        robot.listen("hands")
        robot.open_camera("/camera/color/compressed", CompressedImage)
        assert robot.wait_for(lambda: robot.watchers), process.output()
        (answer,) = robot.send_and_wait(jpeg_message(hand_picture), "hands")
        assert (answer.height, answer.width) == hand_picture.shape[:2]
        assert answer.hands
        truncated = jpeg_message(hand_picture)
        truncated.data = truncated.data[: len(truncated.data) * 2 // 3]
        stamp = robot.send(truncated)
        assert robot.wait_for_figure("frames_bad", 1)
        assert robot.answer("hands", stamp) is None
        robot.send_and_wait(jpeg_message(hand_picture), "hands")


def test_a_frame_without_a_hand_is_answered_with_an_empty_message(robot: Robot) -> None:
    with start_node():
        robot.listen("hands", "mask")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        black = image_message(np.zeros((240, 320, 3), np.uint8), "bgr8")
        hands, mask = robot.send_and_wait(black, "hands", "mask")
    assert hands.hands == []
    assert not _as_array(mask).any()
