"""Plays a bag's images through a node of its own process, at the bag's own pace."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import rclpy
from rclpy.executors import SingleThreadedExecutor

from handseg_ros.bags.bag import Bag, BagTopic, Recorded
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.bags.image_topics import COMPRESSED
from handseg_ros.bags.images import stamp_of
from handseg_ros.latency.metrics import StreamLog
from handseg_ros.latency.playback_clock import PlaybackClock
from handseg_ros.latency.player import Names, Player
from handseg_ros.nodes.child_process import node_process
from handseg_ros.segmentation.errors import HandsegError, ImageError

_NODE = "hand_segmentation_node"
# How long the node may take to load its network, and to answer the last image; nanoseconds.
_PATIENCE = 60 * 10**9
_LINGER = 2 * 10**9
_LOOK = 20_000_000
# From the clock's start to the first image.
_LEAD = 200_000_000


@dataclass(frozen=True)
class Playback:
    """What is played: `rate` times as fast as life, to a node with these parameters."""

    topic: BagTopic
    rate: float
    parameters: Mapping[str, str | float | bool]


def play(
    bag: Bag, wanted: Playback, watched: Callable[[Iterable[Recorded]], Iterable[Recorded]]
) -> StreamLog:
    """Play a bag's images through the node and return what was seen.

    All messages go through `watched`, which shows progress and may end early. The node has a
    namespace of its own, its clock and diagnostics too, so that no robot nearby is disturbed.
    Raises HandsegError, with the node's own words, when it does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="handseg_replay_") as folder:
        log = Path(folder, "node.log")
        namespace = f"/handseg_replay_{os.getpid()}"
        with _node(wanted, namespace, log) as process, _player(wanted, namespace) as player:
            _wait_for_node(player, process, log)
            _play(bag, wanted, player, watched)
            return player.seen


def _node(
    wanted: Playback, namespace: str, log: Path
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    transport = "compressed" if wanted.topic.msgtype == COMPRESSED else "raw"
    parameters = {"use_sim_time": True, "image_transport": transport, **wanted.parameters}
    absolute = ("/clock", "/diagnostics")
    remappings = {"__ns": namespace, **{name: f"{namespace}{name}" for name in absolute}}
    return node_process(_NODE, parameters, log, remappings)


@contextmanager
def _player(wanted: Playback, namespace: str) -> Iterator[Player]:
    suffix = "/compressed" if wanted.topic.msgtype == COMPRESSED else ""
    names = Names(
        images=f"{namespace}/image{suffix}",
        clock=f"{namespace}/clock",
        hands=f"{namespace}/hand_segmentation/hands",
    )
    context = rclpy.Context()
    context.init()
    node = rclpy.create_node("player", context=context, namespace=namespace)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield Player(node, executor, names, wanted.topic.msgtype)
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()


def _wait_for_node(player: Player, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.time_ns() + _PATIENCE
    while not player.is_heard:
        if process.poll() is not None or time.time_ns() > end:
            raise HandsegError(
                f"nothing was played, as the node did not come up: {_last_words(log)}"
            )
        player.spin_until(time.time_ns() + _LOOK)


def _last_words(log: Path) -> str:
    """Return the last line of a node's log, without what ROS puts before it."""
    said = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    return re.sub(r"^(\[[^\]]*\] ?)+: ", "", said[-1])


def _play(
    bag: Bag,
    wanted: Playback,
    player: Player,
    watched: Callable[[Iterable[Recorded]], Iterable[Recorded]],
) -> None:
    types = types_of(wanted.topic.connection)
    is_running = False
    for recorded in watched(bag.messages([wanted.topic.name])):
        try:
            message = read_message(types, recorded.data, wanted.topic.msgtype)
        except ImageError:
            player.seen.unreadable += 1
            continue
        if not is_running:
            player.start(PlaybackClock(recorded.log_time, time.time_ns() + _LEAD, wanted.rate))
            is_running = True
        player.send(stamp_of(message.header), recorded.log_time, recorded.data)
    _linger(player)


def _linger(player: Player) -> None:
    """Wait for the last answers: no longer than one needs, counted from the one before."""
    count, end = -1, time.time_ns() + _LINGER
    while time.time_ns() < end and len(player.seen.published) < len(player.seen.sent):
        if len(player.seen.published) > count:
            count, end = len(player.seen.published), time.time_ns() + _LINGER
        player.spin_until(time.time_ns() + _LOOK)
