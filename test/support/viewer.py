"""The other side of the image source: subscribes to its topics and keeps all that comes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from support.processes import PATIENCE


class Viewer:
    """A ROS node of the test's own that keeps images, depth and camera_infos as they came."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._node = node
        self._executor = executor
        self.images: list[Any] = []
        self.infos: list[CameraInfo] = []
        self.depths: list[Image] = []

    def watch(self, topic: str = "/image", kind: type = Image) -> None:
        """Subscribe, reliably and with a queue that loses nothing in a test."""
        queue = QoSProfile(depth=100)
        self._node.create_subscription(CameraInfo, "/camera_info", self.infos.append, queue)
        self._node.create_subscription(kind, topic, self.images.append, queue)

    def watch_depth(self) -> None:
        """Subscribe to depth too, in the same way."""
        self._node.create_subscription(Image, "/depth", self.depths.append, QoSProfile(depth=100))

    def wait_for(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> bool:
        """Let ROS work until the condition holds; returns whether it does."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.02)
        return True

    def set_parameter(self, name: str, value: Any) -> Any:
        """Set one parameter of the source as `ros2 param set` does."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        return self._call(SetParameters, "set_parameters", request).results[0]

    def describe_parameter(self, name: str) -> Any:
        """Return the descriptor of one parameter of the source."""
        request = DescribeParameters.Request(names=[name])
        return self._call(DescribeParameters, "describe_parameters", request).descriptors[0]

    def _call(self, kind: type, name: str, request: Any) -> Any:
        client: Any = self._node.create_client(kind, f"/image_source/{name}")
        assert self.wait_for(client.service_is_ready), f"no service {name}"
        future = client.call_async(request)
        assert self.wait_for(future.done), f"service {name} does not answer"
        self._node.destroy_client(client)
        return future.result()


@contextmanager
def a_viewer() -> Iterator[Viewer]:
    """Yield a viewer in a ROS context of its own."""
    context = rclpy.Context()
    context.init()
    node = rclpy.create_node("viewer", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield Viewer(node, executor)
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()


def seconds_of(stamp: Any) -> float:
    """Return a builtin_interfaces/Time in seconds."""
    return float(stamp.sec + stamp.nanosec * 1e-9)
