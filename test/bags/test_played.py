"""Guards that bags written without ROS are ROS's own: played over DDS, answered by the node."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from handseg_ros.msg import HandInstances
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.node import start_node
from support.robot import Robot, a_robot

from handseg_ros.bags.bag import Bag
from handseg_ros.cli.main import main

FRAMES = 4
TYPES = {"hands": HandInstances, "mask": Image, "overlay": Image}


@pytest.fixture
def robot() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Return the serialized messages, by topic, of a bag with answers to moving hands."""
    folder = tmp_path_factory.mktemp("recorded")
    picture = rendered_hands()
    images = [
        image_entry("/image", stamp_of(number), np.roll(picture, 16 * number, axis=1))
        for number in range(FRAMES)
    ]
    out = folder / "out.mcap"
    assert main(["record-masks", str(write_bag(folder / "bag", images)), str(out)]) == 0
    return _messages(out)


def _messages(path: Path) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    with Bag(path) as bag:
        for item in bag.messages():
            found.setdefault(item.topic.name, []).append(bytes(item.data))
    return found


def _answers(recorded: dict[str, list[bytes]], topic: str) -> list[Any]:
    return [
        deserialize_message(data, TYPES[topic]) for data in recorded[f"/hand_segmentation/{topic}"]
    ]


@pytest.mark.slow
def test_the_node_answers_the_played_images_as_recorded(
    recorded: dict[str, list[bytes]], robot: Robot
) -> None:
    """The images go out as they lie in the bag, the way `ros2 bag play` sends them.

    What is counted and timed of a live answer is 0 in a recording.
    """
    expected = {topic: _answers(recorded, topic) for topic in TYPES}
    assert sum(len(message.hands) for message in expected["hands"]) >= FRAMES
    with start_node():
        robot.listen(*TYPES)
        camera = robot.node.create_publisher(Image, "/image", 10)
        assert robot.wait_for(camera.get_subscription_count)
        for number, data in enumerate(recorded["/image"]):
            camera.publish(data)
            stamp = divmod(stamp_of(number), 10**9)
            answered = partial(_is_answered, robot, stamp)
            assert robot.wait_for(answered)
            hands = robot.answer("hands", stamp)
            assert hands.sequence == number + 1
            hands.sequence, hands.input_age = 0, Duration()
            for topic in TYPES:
                assert robot.answer(topic, stamp) == expected[topic][number]


def _is_answered(robot: Robot, stamp: tuple[int, int]) -> bool:
    return all(robot.answer(topic, stamp) for topic in TYPES)


def test_recorded_answers_are_played_to_any_subscriber(
    recorded: dict[str, list[bytes]], robot: Robot
) -> None:
    received: list[Any] = []
    robot.node.create_subscription(HandInstances, "/played", received.append, 10)
    player = robot.node.create_publisher(HandInstances, "/played", 10)
    assert robot.wait_for(player.get_subscription_count)
    for data in recorded["/hand_segmentation/hands"]:
        player.publish(data)
    assert robot.wait_for(lambda: len(received) == FRAMES)
    assert received == _answers(recorded, "hands")
