"""Plays a source for a node: frames with their headers, trouble in the log, the end of it all."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from handseg_ros.media.sources import Frame, FrameSource
from handseg_ros.nodes.source.frame_pump import FramePump, PumpCallbacks, RecordedPace
from handseg_ros.nodes.source.settings import PICTURE_RATE, PlayOptions
from handseg_ros.segmentation.errors import HandsegError

_LOG_PERIOD = 5.0


@dataclass(frozen=True)
class PlayerCallbacks:
    """What the player asks and tells, in the pump's thread.

    `options` is how to play now; `is_ready` whether to begin; `on_frame` takes a frame and its
    header. `on_end` is called in the executor's thread, where the node ends by what it raises: with
    an error that cannot be waited out, or None at the end of a source that is not looped.
    """

    options: Callable[[], PlayOptions]
    is_ready: Callable[[], bool]
    on_frame: Callable[[Frame, Header], None]
    on_end: Callable[[Exception | None], None]


class SourcePlayer:
    """Plays a source, called `name` in the log, while it is started, in a thread of its own."""

    def __init__(
        self, node: Node, name: str, source: FrameSource, callbacks: PlayerCallbacks
    ) -> None:
        self._node = node
        self._name = name
        self._source = source
        self._callbacks = callbacks
        self._pace = RecordedPace()
        self._played = self._skipped = self._remarked = 0
        self._is_proven = self._is_at_end = self._is_exhausted = False
        self._pump: FramePump | None = None
        self._hanging: FramePump | None = None
        self._outcome: Exception | None = None
        self._end = node.create_guard_condition(self._tell_end)

    @property
    def is_started(self) -> bool:
        """Whether it plays, or will."""
        return self._pump is not None

    @property
    def is_exhausted(self) -> bool:
        """Whether its source ended since it was started, and its last frame has lingered."""
        return self._is_exhausted

    def start(self) -> None:
        """Begin, at the first frame of what is no camera."""
        self._played = self._skipped = 0
        self._is_at_end = self._is_exhausted = False
        hanging = self._hanging

        def is_ready() -> bool:
            # a camera opens once: one that another thread still has is not there for this one
            return (hanging is None or not hanging.is_alive) and self._callbacks.is_ready()

        callbacks = PumpCallbacks(
            is_ready=is_ready,
            period=self._period,
            is_looped=lambda: self._callbacks.options().loop,
            on_frame=self._play,
            on_error=self._report_trouble,
            on_end=self._finish,
        )
        # a camera that has given frames may be unplugged for a while: it is waited for
        self._pump = FramePump(self._source, callbacks, is_proven=self._is_proven)
        self._pump.start()

    def stop(self) -> None:
        """Hand nothing on any more; a camera that hangs is not waited for long.

        A source that had come to its end is told of at once.
        """
        if self._pump is None:
            return
        self._pump.stop(timeout=0.5)
        if self._pump.is_alive:  # one that waited for the hanging one has ended
            self._hanging = self._pump
        self._pump = None
        if self._is_at_end:
            self._end.trigger()

    def announce(self, what: str) -> None:
        """Say in the log what is played, and what of it was left out."""
        length = self._source.length
        frames = f"{length} frames" if length is not None else "live" if self._source.live else ""
        self._node.get_logger().info(what.format(frames=frames))
        for sentence in self._source.left_out:
            self._node.get_logger().warning(f"left out: {sentence}")

    # -- the pump's thread --------------------------------------------------------------------

    def _period(self, frame: Frame) -> float:
        rate = self._callbacks.options().rate
        if rate:
            return 1.0 / rate
        if self._source.live:
            return 0.0
        return self._pace.period(frame, self._source.rate or PICTURE_RATE)

    def _play(self, frame: Frame) -> None:
        # counted back from the node's own clock, which may be simulated, and may stand at zero
        age = round((time.time() - frame.time) * 1e9)
        stamp = Time(nanoseconds=max(0, self._node.get_clock().now().nanoseconds - age))
        frame_id = self._callbacks.options().frame_id
        self._callbacks.on_frame(frame, Header(stamp=stamp.to_msg(), frame_id=frame_id))
        self._played += 1
        self._is_proven = True
        for sentence in self._source.remarks[self._remarked :]:
            self._remarked += 1
            self._node.get_logger().warning(sentence)

    def _report_trouble(self, error: HandsegError) -> None:
        what = "the camera is opened again" if self._source.live else "the picture is skipped"
        self._skipped += not self._source.live
        self._node.get_logger().warning(f"{error}; {what}", throttle_duration_sec=_LOG_PERIOD)

    def _finish(self, error: Exception | None) -> None:
        self._outcome = error
        if error is None:
            skipped = f", {self._skipped} skipped" if self._skipped else ""
            self._is_at_end = True
            self._node.get_logger().info(
                f"the source {self._name} ended after {self._played} frames{skipped}"
            )
            if self._source.lost:
                self._node.get_logger().warning(self._source.lost)
        pump = self._pump
        linger = self._callbacks.options().linger if error is None else 0.0
        if pump is not None and pump.pause(linger):
            self._end.trigger()

    # -- the end, in the executor's thread ----------------------------------------------------

    def _tell_end(self) -> None:
        self._is_exhausted = self._is_at_end
        self._callbacks.on_end(self._outcome)
