"""Guards the example over DDS: real camera, node and filter; what is not known is never safe."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Point, Pose, PoseArray
from handseg_ros.msg import HandInstance, HandInstances
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from support.checkout import ROOT
from support.node import start_node
from support.processes import PATIENCE, RunningProcess, running_process
from support.rendered_scene import FOLDER, SceneFrame, scene_camera, scene_frames
from support.robot import Robot, a_robot

from handseg_ros.image_messages.encode import fill_image
from handseg_ros.segmentation.package_files import package_folder

FRAME_ID = "camera_optical_frame"
# About the middle of the distances.
FRAME = 8
# Before the person, over the table, in the optical frame.
FREE = (-0.2, 0.25, 0.8)
SOURCE_MODULE = "handseg_ros.nodes.image_source_node"
# Seconds; generous, as a busy machine answers late.
MAX_AGE = 3.0

Places = list[tuple[float, float, float]]


class Planner:
    """Asks the filter as a grasp planner would, and reads why it refused."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._asked = 0
        self._answers: dict[int, PoseArray] = {}
        self._told: list[str] = []
        node = robot.node
        self._candidates = node.create_publisher(PoseArray, "/candidates", 10)
        node.create_subscription(PoseArray, "/grasp_filter/safe", self._keep, 10)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._listen, 50)

    def ask(self, places: Places, frame: str = FRAME_ID) -> tuple[Places, str]:
        """Return which of these places (metres) are safe, and what the filter said of them."""
        message = PoseArray(poses=[Pose(position=Point(x=x, y=y, z=z)) for x, y, z in places])
        message.header.frame_id = frame
        # Until both topics of the filter are found, answers go past.
        assert self._robot.wait_for(lambda: self._is_answered(message)), "no answer"
        answer = self._answers[self._asked]
        assert answer.header == message.header
        points = [pose.position for pose in answer.poses]
        return [(point.x, point.y, point.z) for point in points], self._told[-1]

    def ask_until(self, places: Places, words: str) -> Places:
        """Ask again and again until the filter says these words; return what is safe then."""
        end = time.monotonic() + PATIENCE
        while True:
            safe, told = self.ask(places)
            if words in told:
                return safe
            assert time.monotonic() < end, f"it says '{told}'"

    def _is_answered(self, message: PoseArray) -> bool:
        """Ask once; return whether the answer and what is said of it come within a second."""
        self._asked += 1
        message.header.stamp.sec = self._asked
        self._told.clear()
        self._candidates.publish(message)
        return self._robot.wait_for(
            lambda: self._asked in self._answers and self._told, seconds=1.0
        )

    def _keep(self, message: PoseArray) -> None:
        self._answers[message.header.stamp.sec] = message

    def _listen(self, message: DiagnosticArray) -> None:
        self._told += [status.message for status in message.status if "grasp" in status.name]


@contextmanager
def start_filter() -> Iterator[RunningProcess]:
    """Start the installed example."""
    folder = package_folder("examples", "grasp_filter.py")
    assert folder, "the examples are not installed"
    arguments = ["--ros-args", "-p", f"max_age:={MAX_AGE}"]
    with running_process([sys.executable, folder / "grasp_filter.py", *arguments]) as running:
        yield running


@pytest.fixture
def robot() -> Iterator[Robot]:
    with a_robot() as made:
        yield made


@pytest.fixture
def planner(robot: Robot) -> Planner:
    return Planner(robot)


@pytest.fixture(scope="module")
def frames() -> list[SceneFrame]:
    return scene_frames()


def scene_of(frame: SceneFrame, folder: Path) -> Path:
    """Return a scene of one frame, so that hands stay where they are."""
    for kind in ("images", "depth"):
        (folder / kind).mkdir()
        for path in (FOLDER / kind).glob(f"{frame.name}.*"):
            shutil.copy(path, folder / kind)
    return folder


@pytest.fixture
def still(frames: list[SceneFrame], tmp_path: Path) -> Path:
    """Return the scene of `FRAME`."""
    return scene_of(frames[FRAME], tmp_path)


def start_camera(scene: Path) -> AbstractContextManager[RunningProcess]:
    """Start a real source of colour, depth and camera_info."""
    parameters = {
        "source": scene / "images",
        "depth": scene / "depth",
        "camera_info_url": FOLDER / "camera.yaml",
        "rate": 5.0,
        "loop": "true",
    }
    words = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    return running_process([sys.executable, "-m", SOURCE_MODULE, "--ros-args", *words])


@pytest.mark.parametrize("number", [0, 2])
def test_hands_are_told_to_be_where_they_are(
    number: int, robot: Robot, frames: list[SceneFrame], tmp_path: Path
) -> None:
    robot.listen("hands")

    def measured() -> list[HandInstance]:
        newest = robot.answers["hands"][-1].hands if robot.answers["hands"] else []
        return [hand for hand in newest if hand.position_valid]

    with start_camera(scene_of(frames[number], tmp_path)), start_node("depth:=true") as node:
        assert robot.wait_for(lambda: len(measured()) == 2), node.output()

    places = [np.array([hand.position.x, hand.position.y, hand.position.z]) for hand in measured()]
    for hand in frames[number].hands:
        assert min(np.linalg.norm(place - hand.position) for place in places) < 0.01


def test_only_what_keeps_clear_of_the_hands_is_safe(
    planner: Planner, frames: list[SceneFrame], still: Path
) -> None:
    hands = [tuple(hand.position.tolist()) for hand in frames[FRAME].hands]
    x, y, z = hands[0]
    behind, before = (1.5 * x, 1.5 * y, 1.5 * z), (0.5 * x, 0.5 * y, 0.5 * z)
    unseen = (2.0, 0.0, 0.9)
    places = [*hands, behind, before, unseen, FREE]

    with start_camera(still), start_node("depth:=true"), start_filter() as running:
        assert planner.ask_until(places, "1 of 6 candidates are safe") == [FREE], running.output()

        safe, told = planner.ask(places, frame="base")
        assert safe == []
        assert told == (
            "candidates are in 'base', hands in 'camera_optical_frame': transform them with tf2"
        )


def test_nothing_is_safe_before_hands_have_come(planner: Planner) -> None:
    with start_filter() as running:
        safe, told = planner.ask([FREE])
        assert safe == []
        assert told == "hands, keep_out and camera_info have not come yet"
        assert "all refused: hands, keep_out" in running.wait_for_output("all refused")


@pytest.mark.slow
def test_nothing_is_safe_when_the_camera_has_stopped(planner: Planner, still: Path) -> None:
    with start_node("depth:=true"), start_filter():
        with start_camera(still):
            assert planner.ask_until([FREE], "1 of 1 candidates are safe") == [FREE]
        assert planner.ask_until([FREE], "is older than 3 s") == []
        with start_camera(still):
            assert planner.ask_until([FREE], "1 of 1 candidates are safe") == [FREE]


@pytest.mark.slow
def test_hands_that_are_repeated_do_not_stay_young(robot: Robot, planner: Planner) -> None:
    """The last known hands, sent again and again as if they were new, with one sequence number."""
    camera = scene_camera()
    node = robot.node
    hands = node.create_publisher(HandInstances, "/hand_segmentation/hands", 10)
    masks = node.create_publisher(Image, "/hand_segmentation/keep_out", 10)
    # Some drivers publish it once, before anybody listens, and keep it.
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    infos = node.create_publisher(CameraInfo, "/camera_info", latched)
    infos.publish(CameraInfo(height=camera.height, width=camera.width, k=camera.matrix.ravel()))

    def send(sequence: int, seconds: int = 0) -> None:
        message = HandInstances(sequence=sequence, height=camera.height, width=camera.width)
        message.input_age.sec = seconds
        message.header.frame_id = FRAME_ID
        mask = Image(header=message.header)
        fill_image(mask, np.zeros(camera.size, np.uint8), "mono8")
        for publisher, said in ((hands, message), (masks, mask)):
            publisher.publish(said)

    def told_after(sequence: int, seconds: int = 0) -> str:
        send(sequence, seconds)
        return planner.ask([(0.0, 0.0, 1.0)])[1]

    with start_filter():
        assert robot.wait_for(lambda: masks.get_subscription_count() and "1 of 1" in told_after(1))
        assert robot.wait_for(lambda: "older than 3 s" in told_after(1))
        assert robot.wait_for(lambda: "1 of 1" in told_after(2))
        # and what is old when it comes, or of a clock that nobody knows, is not known either
        assert robot.wait_for(lambda: "older than 3 s" in told_after(3, seconds=10))
        assert robot.wait_for(lambda: "camera's clock is ahead" in told_after(4, seconds=-1))


@pytest.mark.slow
def test_the_commands_of_the_guide_filter_candidates(robot: Robot) -> None:
    offered: list[PoseArray] = []
    safe: list[PoseArray] = []
    robot.node.create_subscription(PoseArray, "/candidates", offered.append, 10)
    robot.node.create_subscription(PoseArray, "/grasp_filter/safe", safe.append, 10)

    with ExitStack() as stack:
        for command in commands_of_the_guide():
            stack.enter_context(running_process(command))
        # either topic may be found first
        assert robot.wait_for(lambda: offered and any(message.poses for message in safe))

    total = len(offered[0].poses)
    assert total == 90
    assert all(len(message.poses) < total for message in safe)


def commands_of_the_guide() -> list[list[str]]:
    """Return the commands of the first shell block of docs/robots.md, with full paths."""
    text = (ROOT / "docs" / "robots.md").read_text(encoding="utf-8")
    block = text.split("```sh\n")[1].split("```")[0].replace("\\\n", "")
    folders = re.compile(r"(?<![\w/])(assets|examples)/")
    lines = [folders.sub(rf"{ROOT}/\1/", line).rstrip("& ") for line in block.splitlines()]
    return [_in_environment(shlex.split(line)) for line in lines]


def _in_environment(command: list[str]) -> list[str]:
    program = sys.executable if command[0] == "python3" else Path(sys.prefix, "bin", command[0])
    return [str(program), *command[1:]]
