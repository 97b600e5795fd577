"""How every node of the package runs as a process: one executor thread, clean ends, exit codes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import cv2
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from handseg_ros.nodes.malloc_tuning import tune_malloc
from handseg_ros.nodes.parameters import ignored_overrides
from handseg_ros.segmentation.errors import HandsegError

END_SIGNALS = (signal.SIGINT, signal.SIGTERM)
ROS_ARGUMENT_ERRORS = (
    rclpy_implementation.RCLInvalidROSArgsError,
    rclpy_implementation.UnknownROSArgsError,
    rclpy_implementation.RCLError,
)


class StopRequest(Future):
    """Completed when the process is to end; keeps the first callback that it is given.

    Jazzy's rclpy (7) gives it another one to wake the executor for each callback that it spins, and
    a future keeps them all: some 0.3 kB for each image. One wakes it as well as a million.
    """

    def __init__(self) -> None:
        super().__init__()
        self._has_waker = False

    def add_done_callback(self, callback: Callable[[Future], None]) -> None:
        """Have the first callback called when this is done, and none of those after it."""
        if not self._has_waker:
            self._has_waker = True
            super().add_done_callback(callback)


class NodeFinished(Exception):  # noqa: N818 - not an error: the node's work is done
    """Raised by a node's callback when its work is done: the process ends with code 0."""


def run_node(make_node: Callable[[], Node], arguments: list[str] | None = None) -> int:
    """Run one node until SIGINT, SIGTERM, `NodeFinished` or an error; return the exit code.

    `make_node` is called once ROS is up; `arguments` defaults to the process's own. A signal ends
    the process within a moment and with code 0, because nothing went wrong: the callback that is
    running is completed, no further one is started, and `destroy_node()` is called while ROS is
    still up, so a node can say farewell there. A HandsegError, on start or from a callback, is
    logged as one line on stderr and gives code 1. Must be called from the main thread.
    """
    tune_malloc()
    # Its further threads cost up to an eighth of the processor and made no stage quicker.
    cv2.setNumThreads(1)
    stop = StopRequest()
    with _signals_set(stop):
        try:
            rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        except ROS_ARGUMENT_ERRORS as error:
            get_logger("handseg_ros").fatal(f"the ROS arguments cannot be used: {error}")
            return 1
        try:
            return _spin(make_node, stop)
        except HandsegError as error:
            get_logger("handseg_ros").fatal(str(error))
            return 1
        except ParameterException as error:  # of rclpy's own parameters, such as use_sim_time
            get_logger("handseg_ros").fatal(f"a parameter cannot be used: {error}")
            return 1
        finally:
            rclpy.try_shutdown()


def _spin(make_node: Callable[[], Node], stop: Future) -> int:
    node = make_node()
    for sentence in ignored_overrides(node):
        node.get_logger().warning(sentence)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin_until_future_complete(stop)
    except (NodeFinished, ExternalShutdownException):
        pass
    finally:
        executor.shutdown(timeout_sec=0.5)
        node.destroy_node()
    return 0


@contextmanager
def _signals_set(stop: Future) -> Iterator[None]:
    """Complete `stop` as soon as SIGINT or SIGTERM arrives.

    rclpy's own handlers shut the context down under the node's feet, and a plain Python handler
    only runs once the wait inside the middleware is over, so the signal's byte in the wake-up pipe
    is read by a thread of its own.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before_handlers = {number: signal.signal(number, _leave_to_watcher) for number in END_SIGNALS}
    before_pipe = signal.set_wakeup_fd(writing)
    watcher = threading.Thread(target=_watch, args=(reading, stop), daemon=True, name="signals")
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_pipe)
        for number, handler in before_handlers.items():
            signal.signal(number, handler)
        os.close(writing)
        watcher.join()
        os.close(reading)


def _watch(reading: int, stop: Future) -> None:
    while arrived := os.read(reading, 64):
        if any(number in END_SIGNALS for number in arrived) and not stop.done():
            stop.set_result(None)


def _leave_to_watcher(number: int, frame: FrameType | None) -> None:
    """Keep Python from ending the process: the byte in the pipe tells the watcher."""
