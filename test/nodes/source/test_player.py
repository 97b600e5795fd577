"""Guards the player: a hung camera is opened once, and a last frame lingers its whole time."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from support.processes import PATIENCE

from handseg_ros.media import Frame, VideoSink, VideoSource
from handseg_ros.nodes.source.player import PlayerCallbacks, SourcePlayer
from handseg_ros.nodes.source.settings import PlayOptions


class HangingVideo(VideoSource):
    """A video whose reader waits at its first frame, as a camera's driver may for minutes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.goes_on = threading.Event()
        self.readers = self.most_readers = 0

    def __iter__(self) -> Iterator[Frame]:
        self.readers += 1
        self.most_readers = max(self.readers, self.most_readers)
        try:
            self.goes_on.wait()
            yield from super().__iter__()
        finally:
            self.readers -= 1


@pytest.fixture
def node() -> Iterator[Node]:
    rclpy.init()
    made = Node("played")
    yield made
    made.destroy_node()
    rclpy.try_shutdown()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    with VideoSink(tmp_path / "clip.avi", 50.0) as sink:
        for grey in range(5):
            sink.write(np.full((48, 64), 10 * grey, np.uint8))
    return tmp_path / "clip.avi"


def test_a_source_is_exhausted_once_its_last_frame_has_lingered(node: Node, clip: Path) -> None:
    frames: list[float] = []
    ends: list[tuple[float, bool]] = []
    callbacks = PlayerCallbacks(
        options=lambda: PlayOptions(rate=0.0, loop=False, frame_id="eye", linger=1.0),
        is_ready=lambda: True,
        on_frame=lambda frame, header: frames.append(time.monotonic()),
        on_end=lambda error: ends.append((time.monotonic(), player.is_exhausted)),
    )
    player = SourcePlayer(node, "clip.avi", VideoSource(clip), callbacks)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    player.start()
    wait_for(lambda: len(frames) == 5)
    while not ends:
        assert not player.is_exhausted
        executor.spin_once(timeout_sec=0.01)
    assert ends[0][1]
    assert ends[0][0] - frames[-1] >= 1.0
    player.stop()
    executor.shutdown()


def test_it_is_waited_for_although_others_waited_for_it_and_gave_up(node: Node, clip: Path) -> None:
    source, frames = HangingVideo(clip), []
    callbacks = PlayerCallbacks(
        options=lambda: PlayOptions(rate=0.0, loop=True, frame_id="eye", linger=0.0),
        is_ready=lambda: True,
        on_frame=lambda frame, header: frames.append(header.frame_id),
        on_end=lambda error: None,
    )
    player = SourcePlayer(node, "clip.avi", source, callbacks)
    player.start()
    wait_for(lambda: source.readers)
    for _ in range(2):
        player.stop()
        player.start()
    time.sleep(0.3)  # of which a twentieth would do for another reader
    assert source.most_readers == 1
    source.goes_on.set()
    wait_for(lambda: frames)
    player.stop()
    assert source.most_readers == 1
