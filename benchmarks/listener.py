"""A robot's side as a process of its own: when each answer came, and what the node last said.

Prints a line when the first answer has come, or without topics when the node speaks of its health.
Listens until SIGINT or SIGTERM, then writes JSON: `arrivals` has for each topic its messages as
[stamp, arrival], nanoseconds of the system's clock; `diagnostics` the node's last values. Of a
message the stamp alone is read, from its bytes: so it takes little of the cores that it shares with
the node.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from handseg_ros.msg import HandInstances
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image, PointCloud2
from visualization_msgs.msg import MarkerArray

from handseg_ros.image_messages.cdr import CdrReader

NODE = "/hand_segmentation"
KINDS: dict[str, type] = {
    "hands": HandInstances,
    "mask": Image,
    "instances": Image,
    "overlay": Image,
    "keep_out": Image,
    "depth_without_hands": Image,
    "points": PointCloud2,
    "markers": MarkerArray,
}


class Listener:
    """Subscribes to outputs of the node, by their names in `KINDS`, and to its diagnostics."""

    def __init__(self, topics: list[str]) -> None:
        self.node = rclpy.create_node("bench_listener")
        self.arrivals: dict[str, list[tuple[int, int]]] = {topic: [] for topic in topics}
        self.diagnostics: dict[str, str] = {}
        self._has_begun = False
        for topic in topics:
            self.node.create_subscription(
                KINDS[topic], f"{NODE}/{topic}", self._keep(topic), 10, raw=True
            )
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._keep_status, 10)

    def _keep(self, topic: str) -> Callable[[bytes], None]:
        arrivals = self.arrivals[topic]
        is_list = KINDS[topic] is MarkerArray

        def keep(message: bytes) -> None:
            now = time.time_ns()
            reader = CdrReader(message, topic)
            # Markers are many, or none: each has the header.
            if not is_list or reader.number("I"):
                stamp = int(reader.number("i")) * 1_000_000_000 + int(reader.number("I"))
                arrivals.append((stamp, now))
            self._begin()

        return keep

    def _keep_status(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if NODE in status.name:
                self.diagnostics = {pair.key: pair.value for pair in status.values}
                if not self.arrivals:
                    self._begin()

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            print("begun", flush=True)


def main() -> None:
    """Listen as told by the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the JSON file to write")
    parser.add_argument("topics", nargs="*", choices=[*KINDS, []], help="what to listen to")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(signal_handler_options=rclpy.SignalHandlerOptions.NO)
    listener = Listener(arguments.topics)
    executor = SingleThreadedExecutor()
    executor.add_node(listener.node)
    while not ended.is_set():
        executor.spin_once(timeout_sec=0.1)
    found = {"arrivals": listener.arrivals, "diagnostics": listener.diagnostics}
    arguments.output.write_text(json.dumps(found))
    listener.node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
