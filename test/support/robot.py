"""The other side of the node: sends it images as a camera would, collects what it answers."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from handseg_ros.msg import HandInstances, LabelInfo
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from support.processes import PATIENCE
from visualization_msgs.msg import MarkerArray

NODE = "/hand_segmentation"
_NUMBERS = itertools.count(1)

OUTPUTS: dict[str, type] = {
    "hands": HandInstances,
    "mask": Image,
    "instances": Image,
    "instances_color": Image,
    "overlay": Image,
    "mask/compressed": CompressedImage,
    "instances/compressed": CompressedImage,
    "overlay/compressed": CompressedImage,
}
# With those of models that know objects, and those in metres.
ALL_OUTPUTS = {
    **OUTPUTS,
    "objects": Image,
    "keep_out": Image,
    "depth_without_hands": Image,
    "points": PointCloud2,
    "object_points": PointCloud2,
    "markers": MarkerArray,
}


class Robot:
    """A ROS node of the test's own; every waiting method gives up after `PATIENCE` seconds."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self.node = node
        self._executor = executor
        self._stamp = 0
        self.answers: dict[str, list[Any]] = defaultdict(list)
        self.statuses: list[DiagnosticStatus] = []
        self._camera: Any = None
        node.create_subscription(DiagnosticArray, "/diagnostics", self._keep_status, 50)

    def listen(self, *topics: str) -> None:
        """Listen to outputs of the node, by their names in `ALL_OUTPUTS`."""
        for topic in topics:
            keep = self.answers[topic].append
            self.node.create_subscription(ALL_OUTPUTS[topic], f"{NODE}/{topic}", keep, 50)

    def listen_to_labels(self, topic: str = "label_info") -> None:
        """Listen to the latched names of a mask's values."""
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        keep = self.answers[topic].append
        self.node.create_subscription(LabelInfo, f"{NODE}/{topic}", keep, latched)

    @staticmethod
    def output_name(topic: str) -> str:
        """Return the full name of an output."""
        return f"{NODE}/{topic}"

    @staticmethod
    def output_type(topic: str) -> type:
        """Return the message type of an output."""
        return ALL_OUTPUTS[topic]

    def open_camera(
        self,
        topic: str = "/image",
        kind: type = Image,
        reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
    ) -> None:
        """Publish images on a topic from now on."""
        profile = QoSProfile(depth=10, reliability=reliability)
        self._camera = self.node.create_publisher(kind, topic, profile)

    def close_camera(self) -> None:
        """Pull the camera's cable."""
        self.node.destroy_publisher(self._camera)

    @property
    def watchers(self) -> int:
        """How many subscribe to the camera's images."""
        return int(self._camera.get_subscription_count())

    def send(self, message: Any, stamp: tuple[int, int] | None = None) -> tuple[int, int]:
        """Send an image with a stamp of its own, or this one; returns it as (sec, nanosec)."""
        self._stamp += 1
        sec, nanosec = stamp or (1000 + self._stamp, 7 * self._stamp)
        message.header.frame_id = f"camera_{self._stamp}"
        message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
        self._camera.publish(message)
        return sec, nanosec

    def publish(self, message: Any) -> None:
        """Send an image as it is, with the stamp that it has; or the bytes of one."""
        self._camera.publish(message)

    def send_and_wait(self, message: Any, *topics: str) -> list[Any]:
        """Send an image and return the answers to it, one for each topic."""
        stamp = self.send(message)
        answered = self.wait_for(lambda: all(self.answer(topic, stamp) for topic in topics))
        assert answered, f"no answer on all of {topics}; {self.status_text()}"
        return [self.answer(topic, stamp) for topic in topics]

    def answer(self, topic: str, stamp: tuple[int, int]) -> Any:
        """Return the answer on a topic with this stamp, or None."""
        for message in reversed(self.answers[topic]):
            if (message.header.stamp.sec, message.header.stamp.nanosec) == stamp:
                return message
        return None

    def wait_for(self, condition: Callable[[], Any], seconds: float | None = None) -> bool:
        """Let ROS work until the condition holds, `PATIENCE` at most; returns whether it does."""
        deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.02)
        return True

    def wait_for_status(self, condition: Callable[[DiagnosticStatus], bool]) -> bool:
        """Wait for a status of the node that comes from now on and satisfies the condition."""
        self.statuses.clear()
        return self.wait_for(lambda: any(condition(status) for status in self.statuses))

    def figures(self) -> dict[str, str]:
        """Return the values of a status that comes from now on."""
        assert self.wait_for_status(lambda status: True), "no diagnostics"
        return {pair.key: pair.value for pair in self.statuses[-1].values}

    def wait_for_figure(self, key: str, count: int) -> bool:
        """Wait until the node's diagnostics count this many."""
        return self.wait_for(lambda: self.figures()[key] == str(count))

    def status_text(self) -> str:
        """Return what the node last said of itself."""
        return self.statuses[-1].message if self.statuses else "no diagnostics yet"

    def call(
        self, kind: type, name: str, request: Any, meanwhile: Callable[[], Any] = lambda: None
    ) -> Any:
        """Call a service of the node and return its response.

        `meanwhile` is done some 50 times a second until that comes.
        """
        client: Any = self.node.create_client(kind, f"{NODE}/{name}")
        assert self.wait_for(client.service_is_ready), f"no service {name}"
        future = client.call_async(request)
        answered = self.wait_for(lambda: (meanwhile(), future.done())[1])
        assert answered, f"service {name} does not answer"
        self.node.destroy_client(client)
        return future.result()

    def set_parameter(self, name: str, value: Any) -> Any:
        """Set one parameter as `ros2 param set` does; returns its SetParametersResult."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        return self.call(SetParameters, "set_parameters", request).results[0]

    def get_parameter(self, name: str) -> Any:
        """Return one parameter's value."""
        response = self.call(GetParameters, "get_parameters", GetParameters.Request(names=[name]))
        return rclpy.parameter.parameter_value_to_python(response.values[0])

    def describe_parameter(self, name: str) -> Any:
        """Return one parameter's descriptor."""
        request = DescribeParameters.Request(names=[name])
        return self.call(DescribeParameters, "describe_parameters", request).descriptors[0]

    def change_state(self, transition: int) -> bool:
        """Ask for a lifecycle transition; returns whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = transition
        return bool(self.call(ChangeState, "change_state", request).success)

    def state(self) -> str:
        """Return the label of the node's lifecycle state."""
        return str(self.call(GetState, "get_state", GetState.Request()).current_state.label)

    def _keep_status(self, message: DiagnosticArray) -> None:
        self.statuses += [status for status in message.status if NODE in status.name]


@contextmanager
def a_robot() -> Iterator[Robot]:
    """Yield a robot in a ROS context of its own."""
    context = rclpy.Context()
    context.init()
    # A name of its own, for two robots at once share ROS's log topic by name.
    node = rclpy.create_node(f"robot_{next(_NUMBERS)}", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield Robot(node, executor)
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
