"""All of the node's depth: what images wait for, what it shows, and what is told of it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.depth.depth_frame import DepthFrameBuilder
from handseg_ros.nodes.depth.input import DepthInput, DepthOptions
from handseg_ros.nodes.depth.missing import MissingDepth, unusable
from handseg_ros.nodes.depth.statistics import DepthHealth, DepthStatistics
from handseg_ros.nodes.depth.synchronizer import SyncResult
from handseg_ros.nodes.input.pending_frame import PendingFrame
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.outputs.segmented_frame import DepthFrame
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.geometry import Size

_LOG_PERIOD = 5.0


class DepthPipeline:
    """Hands images on with their depth, or without: hands are never withheld for want of it."""

    def __init__(
        self, node: Node, topics: CameraTopics, on_ready: Callable[[PendingFrame], None]
    ) -> None:
        self._logger = node.get_logger()
        self._on_ready = on_ready
        self._input = DepthInput(node, topics, self._on_synchronized, self._on_bad)
        self._builder = DepthFrameBuilder()
        self._statistics = DepthStatistics()

    # -- the executor's thread ----------------------------------------------------------------

    def start_over(self) -> None:
        """Count from 0 again."""
        self._statistics = DepthStatistics()

    def open(self, options: DepthOptions | None) -> None:
        """Listen as chosen, or not at all; call it again and again."""
        if options is None:
            self._input.close()
        else:
            self._input.open(options)

    def close(self) -> None:
        """Listen no more."""
        self._input.close()

    @property
    def expected(self) -> list[ExpectedTopic]:
        """What is listened to while depth is open."""
        return self._input.expected

    @property
    def unpublished(self) -> list[ExpectedTopic]:
        """What is listened to in vain."""
        return self._input.unpublished

    def take(self, pending: PendingFrame) -> None:
        """Take an image: it goes on when its depth is there, or at once where depth is off."""
        self._input.take(pending)

    def health(self) -> DepthHealth:
        """Return what diagnostics tell."""
        return DepthHealth(self._input.topics, self._statistics.snapshot(), self._input.delay)

    def _on_synchronized(self, synchronized: SyncResult) -> None:
        if synchronized.missing is not None:
            self._note(synchronized.missing)
        elif synchronized.pending.depth is not None:
            self._statistics.count_matched()
        self._on_ready(synchronized.pending)

    def _on_bad(self, error: HandsegError) -> None:
        """Tell of it alone: an image that lacks its depth is counted when it goes on without."""
        self._logger.warning(
            f"depth that came cannot be used: {error}", throttle_duration_sec=_LOG_PERIOD
        )

    # -- the worker's thread ------------------------------------------------------------------

    def depth_frame(self, pending: PendingFrame, size: Size, topic: str) -> DepthFrame | None:
        """Return what depth shows of an image of (height, width) that came on a topic.

        None if nothing can be used.
        """
        if pending.depth is None:
            return None
        try:
            return self._builder.of(pending.depth, pending.message.header, size, topic)
        except HandsegError as error:
            self._note(unusable(error))
            return None

    # -- either -------------------------------------------------------------------------------

    def _note(self, missing: MissingDepth) -> None:
        self._statistics.count_missing(missing)
        self._logger.warning(
            f"an image was answered without depth: {missing.text}",
            throttle_duration_sec=_LOG_PERIOD,
        )
