"""Frames of a camera, a video or pictures in the node's own process, published where wanted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import Header

from handseg_ros.media.sources import Frame, open_source
from handseg_ros.media.videos import CameraSource
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.input.frame_input import FrameCallbacks, GrabbedFrame, ImageInputOptions
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.nodes.source.camera_calibration import load_calibration
from handseg_ros.nodes.source.image_output import ImageOutput
from handseg_ros.nodes.source.player import PlayerCallbacks, SourcePlayer
from handseg_ros.nodes.source.settings import SourceParameters


class CameraInput:
    """Gives frames as they were grabbed, without middleware between; a `FrameInput`.

    The newest lies in a slot until the executor takes it. The image is published after that, and
    only where somebody listens. `on_end` is as of `PlayerCallbacks`. Raises HandsegError for a
    source or calibration that cannot be used.
    """

    def __init__(
        self,
        node: Node,
        topics: CameraTopics,
        callbacks: FrameCallbacks,
        settings: Callable[[], SourceParameters],
        on_end: Callable[[Exception | None], None],
    ) -> None:
        first = settings()
        self._settings = settings
        self._callbacks = callbacks
        self._name = first.source
        calibration = load_calibration(first.camera_info_url) if first.camera_info_url else None
        source = open_source(first.source, first.camera_options)
        if isinstance(source, CameraSource):
            source.check()  # now, as it may be long until somebody wants its images
        self._output = ImageOutput(node, topics, first.image_transport, calibration)
        player = PlayerCallbacks(
            options=lambda: settings().play_options,
            is_ready=lambda: True,
            on_frame=self._on_frame,
            on_end=on_end,
        )
        self._player = SourcePlayer(node, first.source, source, player)
        self._lock = threading.Lock()
        self._newest: GrabbedFrame | None = None
        self._replaced = 0
        self._arrival = node.create_guard_condition(self._take)

    @property
    def is_open(self) -> bool:
        """Whether frames are taken."""
        return self._player.is_started

    @property
    def is_exhausted(self) -> bool:
        """Whether the source came to its end since it was opened."""
        return self._player.is_exhausted

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens to the images themselves."""
        return self._output.subscribers > 0

    def topic(self, transport: str) -> str:
        """Return the resolved name of the topic that the images are published on."""
        return self._output.topic

    def open(self, options: ImageInputOptions) -> None:
        """Take frames; a video or a folder begins at its start."""
        if not self._player.is_started:
            self._player.start()

    def close(self) -> None:
        """Close the camera."""
        self._player.stop()
        with self._lock:
            self._newest, self._replaced = None, 0

    def described(self, transport: str) -> str:
        """Return what is taken, in words."""
        return f"frames of {self._name}, published on {self._output.topic} for who listens there,"

    def terms(self, reliability: str) -> str:
        """Return nothing: there is no subscription."""
        return ""

    def unpublished(self, transport: str) -> list[ExpectedTopic]:
        """Return nothing: no topic is listened to."""
        return []

    # -- the player's thread ------------------------------------------------------------------

    def _on_frame(self, frame: Frame, header: Header) -> None:
        with self._lock:
            self._replaced += self._newest is not None
            self._newest = GrabbedFrame(header, frame.image)
        self._arrival.trigger()
        self._output.publish(frame, header, self._settings().jpeg_quality)

    # -- the executor's thread ----------------------------------------------------------------

    def _take(self) -> None:
        with self._lock:
            newest, self._newest = self._newest, None
            replaced, self._replaced = self._replaced, 0
        for _ in range(replaced):
            self._callbacks.on_replaced()
        if newest is not None:
            self._callbacks.on_image(newest)
