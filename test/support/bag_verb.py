"""A small `ros2 bag play` over rosbags, for rosbag2 is not to be had from PyPI.

`install_bag_verb` makes it a command of the real `ros2`, as a package's entry point does.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

_ENTRY_POINTS = "[ros2cli.command]\nbag = support.bag_verb:BagCommand\n"


def install_bag_verb(folder: Path) -> dict[str, str]:
    """Announce the command and the package ros2bag in a folder; returns the environment for it."""
    metadata = folder / "python" / "bag_verb-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bag_verb\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(_ENTRY_POINTS)
    index = folder / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "ros2bag").touch()
    tests = Path(__file__).resolve().parents[1]
    added = {
        "PYTHONPATH": (str(metadata.parent), str(tests)),
        "AMENT_PREFIX_PATH": (str(folder),),
    }
    return {
        name: os.pathsep.join([*paths, os.environ.get(name, "")]) for name, paths in added.items()
    }


class BagCommand:
    """Plays a bag with its clock; ros2cli asks for these names."""

    NAME = "bag"
    EXTENSION_POINT_VERSION = "0.1"

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Take what the launch files give."""
        parser.add_argument("verb", choices=["play"])
        parser.add_argument("bag", type=Path)
        parser.add_argument("--clock", type=float, nargs="?", const=40.0)
        parser.add_argument("--rate", type=float, default=1.0)
        parser.add_argument("--delay", type=float, default=0.0)
        parser.add_argument("--loop", action="store_true")

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
        """Play until the bag's end, or for ever."""
        _play(args)
        return 0


def _play(given: argparse.Namespace) -> None:
    import rclpy
    from rclpy.time import Time
    from rosbags.highlevel import AnyReader
    from rosgraph_msgs.msg import Clock
    from rosidl_runtime_py.utilities import get_message

    with ExitStack() as ending:
        rclpy.init()
        ending.callback(rclpy.try_shutdown)
        reader = ending.enter_context(AnyReader([given.bag]))
        node = rclpy.create_node("bag_player")
        publishers: dict[str, Any] = {
            connection.topic: node.create_publisher(
                get_message(connection.msgtype), connection.topic, 10
            )
            for connection in reader.connections
        }
        clock = node.create_publisher(Clock, "/clock", 10)
        time.sleep(given.delay)
        while True:
            before = reader.start_time
            for connection, when, data in reader.messages():
                time.sleep((when - before) / 1e9 / given.rate)
                before = when
                if given.clock:
                    clock.publish(Clock(clock=Time(nanoseconds=when).to_msg()))
                publishers[connection.topic].publish(bytes(data))
            if not given.loop:
                break
        time.sleep(0.5)
