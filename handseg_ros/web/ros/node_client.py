"""A client of a running hand_segmentation_node: its cameras, one or several, and its parameters."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy.exceptions import InvalidTopicNameException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rclpy.validate_full_topic_name import validate_full_topic_name

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.web.errors import RequestError
from handseg_ros.web.live.capture import CaptureControl
from handseg_ros.web.live.source import LiveParameter, Value
from handseg_ros.web.ros.camera_client import CameraClient
from handseg_ros.web.ros.node_parameters import changed, live_parameter, shown_names

_LOG = logging.getLogger(__name__)
_LOOK_PERIOD = 0.2
# A page can wait, a robot cannot: where cores are scarce, the node comes first.
_NICENESS = 10
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


def cameras_of(name: str, node: Node) -> tuple[str, ...]:
    """Return the names of a node's cameras, where it has several, by the hands that it publishes.

    `name` is the node's own, `node` what sees the graph.
    """
    if node.count_publishers(f"{name}/hands"):
        return ()
    pattern = re.compile(re.escape(name) + r"/([^/]+)/hands")
    found = (pattern.fullmatch(topic) for topic, _ in node.get_topic_names_and_types())
    # A topic that only the page listens to is there too.
    return tuple(sorted(hit[1] for hit in found if hit and node.count_publishers(hit[0])))


class NodeClient:
    """The node by its name, as a `LiveSource`; all of ROS happens in the executor's thread."""

    def __init__(
        self,
        name: str,
        node: Node,
        executor: SingleThreadedExecutor,
        capture: CaptureControl | None,
    ) -> None:
        """Look at the node `name` through a node of one's own, which the executor spins.

        `capture` stores its camera's images; of several each gets its like.
        """
        self.name = name
        self._capture = capture
        self._node, self._executor = node, executor
        self._client = AsyncParameterClient(node, name)
        # By their names, '' where there is but one; those that were seen once stay.
        self._cameras = {"": CameraClient(name, "", node, capture)}
        self._several: tuple[str, ...] = ()
        node.create_timer(_LOOK_PERIOD, self._look)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The names of the node's cameras where it has several, as it was seen last."""
        return self._several

    def view(self, camera: str) -> CameraClient:
        """Return one camera, '' for the first; raises RequestError (404) where there is none."""
        if not camera and self._several:
            return self._cameras[self._several[0]]
        if camera and camera not in self._several:
            has = f"but {', '.join(self._several)}" if self._several else "but one without a name"
            raise RequestError(404, f"{self.name} has no camera of this name, {has}")
        return self._cameras[camera]

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

    def _look(self) -> None:
        """Look which cameras there are, and have each look; in the executor's thread."""
        several = cameras_of(self.name, self._node)
        for camera in several:
            if camera not in self._cameras:
                capture = None if self._capture is None else self._capture.another()
                self._cameras[camera] = CameraClient(self.name, camera, self._node, capture)
        # A node that is gone may come back with the cameras that it had.
        if several or self._cameras[""].is_there():
            self._several = several
        for client in tuple(self._cameras.values()):
            client.look()

    async def _ask(self, request: Callable[[], Future]) -> Any:
        """Return a service's response; raises RequestError where none comes."""
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def begin() -> None:
            if not self._client.services_are_ready():
                _hand_over(answer, RequestError(503, self.view("").absence()))
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
def node_client(name: str, capture: CaptureControl | None) -> Iterator[NodeClient]:
    """Yield a client of the node `name`, with ROS in a thread of its own; HandsegError as above.

    `capture` stores images while somebody looks at the page. The process gives way to others from
    now on.
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
    client = NodeClient(name, node, executor, capture)
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
    while True:
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        # Of a callback, which strange messages may break: the page goes on with the next one.
        except Exception:
            _LOG.exception("a message or a look at the node failed")
            continue
        return
