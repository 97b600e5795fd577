"""A client of a running hand_segmentation_node: what it publishes, and its parameters.

It has one subscription for all viewers, and none while nobody looks: a node that nobody listens to
leaves its camera alone. Pictures are taken best effort, so that the node waits for nothing here.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.exceptions import InvalidTopicNameException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rclpy.validate_full_topic_name import validate_full_topic_name
from sensor_msgs.msg import CompressedImage

from handseg_ros.msg import HandInstances
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.web.errors import RequestError
from handseg_ros.web.live.capture import CaptureControl
from handseg_ros.web.live.feed import LiveFeed
from handseg_ros.web.live.source import LiveParameter, LiveState, Value
from handseg_ros.web.ros.node_parameters import changed, live_parameter, shown_names
from handseg_ros.web.ros.node_state import level_of, live_hand, seconds_of

_LOOK_PERIOD = 0.2
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_STATUSES = QoSProfile(depth=20)  # of all nodes on the topic
# A page can wait, a robot cannot: where cores are scarce, the node comes first.
_NICENESS = 10
# A node tells how it goes every second.
_SILENCE_SECONDS = 5.0
# A node that loads another network answers when it is loaded.
_PATIENCE_SECONDS = 30.0


def full_name(name: str) -> str:
    """Return a node's fully qualified name; raises HandsegError for what is none."""
    full = f"/{name.strip('/')}"
    try:
        validate_full_topic_name(full)
    except InvalidTopicNameException as error:
        raise HandsegError(
            f"'{name}' is no name of a node ({' '.join(str(error).split())}): give it as "
            "`ros2 node list` has it, as /hand_segmentation"
        ) from error
    return full


class NodeClient:
    """The node by its name, as a `LiveSource`; all of ROS happens in the executor's thread."""

    def __init__(self, name: str, node: Node, executor: SingleThreadedExecutor) -> None:
        """Look at the node `name` through a node of one's own, which the executor spins."""
        self.name = name
        self.feed = LiveFeed()
        self.capture: CaptureControl | None = None
        self._node, self._executor = node, executor
        self._client = AsyncParameterClient(node, name)
        self._subscriptions: list[Any] = []
        self._hands: HandInstances | None = None
        self._status: DiagnosticStatus | None = None
        self._told = 0.0
        node.create_timer(_LOOK_PERIOD, self._look)

    def state(self) -> LiveState:
        """Return how it goes by the newest messages."""
        hands, status = self._hands, self._status
        if not self._is_there():
            hands = status = None
        silence = time.monotonic() - self._told
        if status is not None and silence > _SILENCE_SECONDS:
            return self._silent(status, silence)
        age = None if hands is None else 1e3 * (time.time() - seconds_of(hands.header.stamp))
        return LiveState(
            source=self.name,
            level="missing" if status is None else level_of(status),
            message=self._absence() if status is None else status.message,
            figures={} if status is None else {pair.key: pair.value for pair in status.values},
            age_ms=age,
            hands=[] if hands is None else [live_hand(hand) for hand in hands.hands],
        )

    async def parameters(self) -> list[LiveParameter]:
        """Return all parameters of the node that the page can show."""
        listed = await self._ask(self._client.list_parameters)
        names = shown_names(listed.result.names)
        described = await self._ask(lambda: self._client.describe_parameters(names))
        got = await self._ask(lambda: self._client.get_parameters(names))
        found = [
            live_parameter(descriptor, Parameter(name, value=parameter_value_to_python(value)))
            for name, descriptor, value in zip(
                names, described.descriptors, got.values, strict=True
            )
        ]
        return [parameter for parameter in found if parameter is not None]

    async def change(self, name: str, value: Value) -> None:
        """Set a parameter; raises RequestError with the node's own reason where it refuses."""
        known = {parameter.name: parameter for parameter in await self.parameters()}
        if name not in known:
            raise RequestError(404, f"{self.name} has no parameter of this name")
        wanted = changed(known[name], value)
        answer = await self._ask(lambda: self._client.set_parameters([wanted]))
        result = answer.results[0]
        if not result.successful:
            raise RequestError(409, result.reason or f"{self.name} refused it without a reason")

    def _silent(self, status: DiagnosticStatus, silence: float) -> LiveState:
        return LiveState(
            source=self.name,
            level="stale",
            message=f"the node has told nothing for {silence:.0f} s: look whether it still runs; "
            f"the last was: {status.message}",
            figures={},
            age_ms=None,
            hands=[],
        )

    def _is_there(self) -> bool:
        return self._node.count_publishers(f"{self.name}/hands") > 0

    def _absence(self) -> str:
        if self._is_there():
            return "the node is there, and its diagnostics did not come yet"
        return (
            f"no node {self.name} is seen: start it, and look whether ROS_DOMAIN_ID and "
            "ROS_AUTOMATIC_DISCOVERY_RANGE are the same here and there"
        )

    def _look(self) -> None:
        """Listen while somebody looks at the page, in the executor's thread."""
        if self.feed.is_watched and not self._subscriptions:
            self._listen()
        elif not self.feed.is_watched and self._subscriptions:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions = []
            self._hands = self._status = None

    def _listen(self) -> None:
        listen = self._node.create_subscription
        overlay = f"{self.name}/overlay/compressed"
        self._subscriptions = [
            listen(CompressedImage, overlay, self._show, _NEWEST),
            listen(HandInstances, f"{self.name}/hands", self._keep_hands, _NEWEST),
            listen(DiagnosticArray, "/diagnostics", self._keep_status, _STATUSES),
        ]

    def _show(self, message: CompressedImage) -> None:
        self.feed.show(message.data.tobytes(), seconds_of(message.header.stamp))

    def _keep_hands(self, message: HandInstances) -> None:
        self._hands = message

    def _keep_status(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.hardware_id == self.name:
                self._status, self._told = status, time.monotonic()

    async def _ask(self, request: Callable[[], Future]) -> Any:
        """Return a service's response; raises RequestError where none comes."""
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def begin() -> None:
            if not self._client.services_are_ready():
                _hand_over(answer, RequestError(503, self._absence()))
                return
            try:
                request().add_done_callback(lambda done: _hand_over(answer, done.result()))
            # A text that is no UTF-8, say: nothing of that kind may end the thread.
            except Exception as error:
                _hand_over(answer, RequestError(422, f"the value cannot be sent ({error})"))

        self._executor.create_task(begin)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), _PATIENCE_SECONDS)
        except asyncio.TimeoutError as error:
            raise RequestError(
                504,
                f"{self.name} did not answer about its parameters for {_PATIENCE_SECONDS:g} s: "
                "look at its log",
            ) from error


def _hand_over(answer: concurrent.futures.Future[Any], result: Any) -> None:
    """Give an answer, or an error, to who waits for it, unless nobody does any more."""
    if not answer.set_running_or_notify_cancel():
        return
    if isinstance(result, RequestError):
        answer.set_exception(result)
    else:
        answer.set_result(result)


@contextmanager
def node_client(name: str) -> Iterator[NodeClient]:
    """Yield a client of the node `name`, with ROS in a thread of its own; HandsegError as above.

    The process gives way to others from now on.
    """
    name = full_name(name)
    os.nice(_NICENESS)
    context = rclpy.Context()
    rclpy.init(context=context, args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(
        f"handseg_page_{os.getpid()}",
        context=context,
        enable_rosout=False,
        start_parameter_services=False,
    )
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    client = NodeClient(name, node, executor)
    thread = threading.Thread(target=_spin, args=(executor,), name="ros", daemon=True)
    thread.start()
    try:
        yield client
    finally:
        executor.shutdown(timeout_sec=1.0)
        thread.join(timeout=2.0)
        node.destroy_node()
        context.try_shutdown()


def _spin(executor: SingleThreadedExecutor) -> None:
    try:
        executor.spin()
    except ExternalShutdownException:
        return
