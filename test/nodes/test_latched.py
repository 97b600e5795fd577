"""Guards what was published once before anybody listened: images, depth and calibrations."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from support.camera_images import image_message, jpeg_message
from support.colours import by_colour
from support.node import start_node
from support.rgbd import calibration, depth_message, header
from support.rgbd_scene import SIZE, millimetres, picture
from support.robot import Robot, a_robot

from handseg_ros.nodes.input.adaptive_subscription import (
    AUTO,
    BEST_EFFORT,
    RELIABLE,
    AdaptiveSubscription,
    SubscriptionOptions,
)

STAMP = 5_000_000_000
TOPIC = "/calibration"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_colour(tmp_path_factory.mktemp("model") / "colours.onnx")


def _latched(robot: Robot, kind: type, topic: str) -> Publisher:
    return robot.node.create_publisher(kind, topic, _profile(is_latched=True))


def _profile(
    is_latched: bool, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE
) -> QoSProfile:
    durability = DurabilityPolicy.TRANSIENT_LOCAL if is_latched else DurabilityPolicy.VOLATILE
    return QoSProfile(depth=5, reliability=reliability, durability=durability)


@pytest.mark.parametrize("kind", [Image, CompressedImage])
def test_an_image_from_before_the_node_is_answered(robot: Robot, model: Path, kind: type) -> None:
    transport, topic, message = "raw", "/image", image_message(picture(), "bgr8")
    if kind is CompressedImage:
        transport, topic, message = "compressed", "/image/compressed", jpeg_message(picture())
    message.header = header(STAMP)
    _latched(robot, kind, topic).publish(message)
    robot.listen("hands")
    with start_node(f"model:={model}", f"image_transport:={transport}") as process:
        answered = robot.wait_for(lambda: robot.answer("hands", (5, 0)))
        assert answered, process.output()
        assert robot.answer("hands", (5, 0)).hands
        assert "latched messages too (following its publishers)" in process.output()


def test_a_calibration_and_depth_from_before_the_node_give_positions(
    robot: Robot, model: Path
) -> None:
    image, depth, info = (
        image_message(picture(), "bgr8"),
        depth_message(millimetres()),
        calibration(SIZE, SIZE),
    )
    image.header = depth.header = header(STAMP)
    info.header = header(0)
    _latched(robot, CameraInfo, "/camera_info").publish(info)
    _latched(robot, Image, "/depth").publish(depth)
    robot.open_camera()
    robot.listen("hands")
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=5.0") as process:
        assert robot.wait_for(lambda: robot.watchers), process.output()
        robot.publish(image)
        assert robot.wait_for(lambda: robot.answer("hands", (5, 0))), process.output()
        (hand,) = robot.answer("hands", (5, 0)).hands
    assert hand.position_valid
    assert hand.position.z == pytest.approx(0.6, abs=0.01)


class _Listener:
    """A subscription that follows, on the robot's own node, and publishers of another one."""

    def __init__(self, robot: Robot, camera: Robot, reliability: str = AUTO) -> None:
        self.came: list[int] = []
        self._robot = robot
        self._camera = camera
        self._choice = SubscriptionOptions(CameraInfo, TOPIC, 5, reliability)
        self._numbers = count(1)
        self._subscription = AdaptiveSubscription(
            robot.node, lambda message: self.came.append(message.width)
        )

    def publisher(self, **kind: Any) -> Publisher:
        return self._camera.node.create_publisher(CameraInfo, TOPIC, _profile(**kind))

    def publish(self, publisher: Publisher) -> int:
        number = next(self._numbers)
        publisher.publish(CameraInfo(width=number))
        return number

    def follow(self, condition: Callable[[], Any], seconds: float = 30.0) -> bool:
        """Follow the publishers until the condition holds."""

        def look() -> Any:
            self._subscription.open(self._choice)
            return condition()

        return self._robot.wait_for(look, seconds)

    def close(self) -> None:
        self._subscription.close()


@pytest.fixture
def camera() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


@pytest.fixture
def listener(robot: Robot, camera: Robot) -> Iterator[_Listener]:
    made = _Listener(robot, camera)
    yield made
    made.close()


def test_publishers_of_both_kinds_are_heard_and_nothing_comes_twice(listener: _Listener) -> None:
    latched, live = (
        listener.publisher(is_latched=True),
        listener.publisher(is_latched=False, reliability=ReliabilityPolicy.BEST_EFFORT),
    )
    first = listener.publish(latched)
    assert listener.follow(lambda: first in listener.came)
    # By then the camera that keeps nothing is listened to as well.
    assert listener.follow(live.get_subscription_count)
    expected = [first]
    for publisher in (live, latched, live, latched):
        expected.append(listener.publish(publisher))
        assert listener.follow(lambda: expected[-1] in listener.came)
    assert not listener.follow(lambda: len(listener.came) > len(expected), seconds=0.3)
    assert listener.came == expected


def test_what_a_late_publisher_latches_at_once_is_taken(listener: _Listener) -> None:
    live = listener.publisher(is_latched=False)
    assert listener.follow(live.get_subscription_count)
    early = listener.publish(live)
    assert listener.follow(lambda: early in listener.came)
    # Nobody knows of this publisher yet when it publishes.
    late = listener.publish(listener.publisher(is_latched=True))
    assert listener.follow(lambda: late in listener.came)
    assert listener.came == [early, late]


def test_what_is_latched_comes_again_to_who_listens_again(listener: _Listener) -> None:
    number = listener.publish(listener.publisher(is_latched=True))
    assert listener.follow(lambda: listener.came == [number])
    listener.close()
    assert listener.follow(lambda: listener.came == [number, number])


@pytest.mark.parametrize("reliability", [RELIABLE, BEST_EFFORT])
def test_a_fixed_reliability_takes_what_is_latched_or_says_that_it_cannot(
    robot: Robot, camera: Robot, reliability: str, capfd: pytest.CaptureFixture[str]
) -> None:
    listener = _Listener(robot, camera, reliability)
    latched = listener.publisher(is_latched=True)
    number = listener.publish(latched)
    assert listener.follow(latched.get_subscription_count)
    came = listener.follow(lambda: listener.came == [number], seconds=1.0)
    said = capfd.readouterr().err
    assert came == (reliability == RELIABLE)
    sentence = (
        f"what was published on {TOPIC} before now does not come, although its publisher keeps "
        "it, as input_reliability is 'best_effort': set it to 'auto'"
    )
    assert said.count(sentence) == (reliability == BEST_EFFORT)
    after = listener.publish(latched)
    assert listener.follow(lambda: after in listener.came)
    listener.close()


def test_a_topic_of_another_type_counts_as_not_published(robot: Robot, camera: Robot) -> None:
    publisher = camera.node.create_publisher(Image, TOPIC, 1)
    subscription = AdaptiveSubscription(robot.node, lambda message: None)
    assert robot.wait_for(lambda: robot.node.count_publishers(TOPIC))
    subscription.open(SubscriptionOptions(CameraInfo, TOPIC, 1, AUTO))
    assert not subscription.has_publisher
    subscription.open(SubscriptionOptions(Image, TOPIC, 1, AUTO))
    assert subscription.has_publisher
    subscription.close()
    camera.node.destroy_publisher(publisher)
