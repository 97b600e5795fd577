"""What to say when nobody publishes an input: which topic may be meant, and how to take it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rclpy.node import Node

from handseg_ros.outputs.table import IMAGE_NAMES

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"

# How long publishers may take to be found, and how often it is looked again; seconds.
_GRACE = 3.0
_PERIOD = 5.0
_PROGRAM = "ros2 run handseg_ros hand_segmentation_node"
_NAME = "hand_segmentation"
_SUFFIX = "/compressed"
_MAX_NAMED = 3


@dataclass(frozen=True)
class ExpectedTopic:
    """An input that is listened to: its name before remapping, resolved topic, and type.

    `input` is image, depth or camera_info, with the camera's name before it where cameras have
    names, as left/image. `type` is as in sensor_msgs/msg/Image.
    """

    input: str
    topic: str
    type: str

    @property
    def kind(self) -> str:
        """The input without its camera's name."""
        return self.input.rpartition("/")[2]


@dataclass(frozen=True)
class _Candidate:
    """A topic that somebody publishes, and its type."""

    topic: str
    type: str

    @property
    def parts(self) -> list[str]:
        """The parts of its name, without the transport."""
        return self.topic.strip("/").removesuffix(_SUFFIX).split("/")

    @property
    def is_depth(self) -> bool:
        return any("depth" in part.lower() for part in self.parts)


class UnpublishedInputs:
    """Says once of each input that nobody publishes it, and which topic is published instead.

    The graph is only asked while an input is listened to in vain, and every few seconds: so a node
    with its camera, and one to which nobody listens, pay nothing.
    """

    def __init__(self, node: Node, grace: float = _GRACE, period: float = _PERIOD) -> None:
        """Look after `grace` seconds without a publisher, and then every `period` seconds."""
        self._node = node
        self._grace, self._period = grace, period
        self._due: dict[ExpectedTopic, float] = {}
        self._reported: set[str] = set()

    def look(self, unpublished: Sequence[ExpectedTopic]) -> None:
        """Tell of inputs without a publisher; call it some times a second with those of now."""
        now = time.monotonic()
        self._due = {each: self._due.get(each, now + self._grace) for each in unpublished}
        for each, due in self._due.items():
            if now >= due:
                self._due[each] = now + self._period
                self._tell(self._sentence(each))

    def _tell(self, sentence: str) -> None:
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._node.get_logger().warning(sentence)

    def _sentence(self, expected: ExpectedTopic) -> str:
        silence = f"nobody publishes {expected.topic} ({expected.type})"
        candidates = self._candidates(expected)
        if not candidates:
            return (
                f"{silence}, nor another topic that fits: start its driver, or take the topic that "
                f"is meant with -r {expected.input}:=TOPIC"
            )
        named = ", ".join(item.topic for item in candidates[:_MAX_NAMED])
        way = self._way_to(expected, candidates[0])
        return f"{silence}, but there is {named}; to take {candidates[0].topic}: {way}"

    def _candidates(self, expected: ExpectedTopic) -> list[_Candidate]:
        """Return topics that may be meant, the likeliest first."""
        types = (CAMERA_INFO,) if expected.type == CAMERA_INFO else (IMAGE, COMPRESSED_IMAGE)
        if expected.kind == "depth":
            types = (IMAGE,)
        found = [
            _Candidate(topic, kind)
            for topic, kinds in self._node.get_topic_names_and_types()
            for kind in kinds
            if kind in types and (topic, kind) != (expected.topic, expected.type)
        ]
        fitting = [item for item in found if _fits(item, expected) and self._is_published(item)]
        return sorted(fitting, key=lambda item: (_distance(item, expected), item.topic))

    def _is_published(self, candidate: _Candidate) -> bool:
        publishers = self._node.get_publishers_info_by_topic(candidate.topic)
        return any(item.topic_type == candidate.type for item in publishers)

    def _way_to(self, expected: ExpectedTopic, candidate: _Candidate) -> str:
        """Return the command by which the node takes a topic."""
        if _is_twin(candidate, expected):
            name = self._node.get_fully_qualified_name()
            transport = "compressed" if candidate.type == COMPRESSED_IMAGE else "raw"
            return f"ros2 param set {name} image_transport {transport}"
        arguments = _arguments(expected, candidate)
        if expected.input != "image":
            # Which node it is, and which parameters it has, its user knows.
            return f"start the node with {arguments} added"
        own = ""
        if self._node.get_namespace() != "/":
            own += f" -r __ns:={self._node.get_namespace()}"
        if self._node.get_name() != _NAME:
            own += f" -r __node:={self._node.get_name()}"
        return f"{_PROGRAM} --ros-args{own} {arguments}"


def _arguments(expected: ExpectedTopic, candidate: _Candidate) -> str:
    """Return the parameters and remappings for a topic."""
    if expected.kind != "image" or candidate.type == IMAGE:
        return f"-r {expected.input}:={candidate.topic}"
    # Who remaps image means its compressed sibling too; one of another name is remapped itself.
    base = candidate.topic.removesuffix(_SUFFIX)
    name = expected.input if base != candidate.topic else f"{expected.input}{_SUFFIX}"
    return f"-p image_transport:=compressed -r {name}:={base}"


def _is_twin(candidate: _Candidate, expected: ExpectedTopic) -> bool:
    """Return whether a topic has the awaited images in the other transport."""
    if expected.type == IMAGE:
        return (candidate.topic, candidate.type) == (f"{expected.topic}{_SUFFIX}", COMPRESSED_IMAGE)
    twin = f"{candidate.topic}{_SUFFIX}"
    return (twin, candidate.type) == (expected.topic, IMAGE)


def _fits(candidate: _Candidate, expected: ExpectedTopic) -> bool:
    if candidate.parts[-1] in IMAGE_NAMES:
        return False
    if candidate.type == CAMERA_INFO:
        return True
    return candidate.is_depth == (expected.kind == "depth")


def _distance(candidate: _Candidate, expected: ExpectedTopic) -> tuple[int, ...]:
    """Return how unlike a candidate is: of another name, of another type, far in the namespaces."""
    wanted = expected.topic.strip("/").removesuffix(_SUFFIX).split("/")
    shared = sum(1 for part in set(candidate.parts) & set(wanted))
    colour = any(part.lower() in ("color", "colour", "rgb") for part in candidate.parts)
    aligned = any("aligned" in part.lower() for part in candidate.parts)
    return (
        int(not _is_twin(candidate, expected)),
        int(candidate.type != expected.type),
        -int(aligned),  # depth of another view cannot be used
        -shared,
        -int(colour),
        len(candidate.parts),
    )
