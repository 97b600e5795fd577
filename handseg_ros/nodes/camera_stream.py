"""One camera's way through the node: its topics, depth, background, tracks, outputs and counts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

from handseg_ros.nodes.background.file import background_file
from handseg_ros.nodes.background.service import BackgroundService, BackgroundServiceCallbacks
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.depth.pipeline import DepthPipeline
from handseg_ros.nodes.diagnostics.frame_statistics import FrameStatistics
from handseg_ros.nodes.diagnostics.status import NodeHealth
from handseg_ros.nodes.input.frame_input import FrameCallbacks, FrameInput, ImageMessage
from handseg_ros.nodes.input.pending_frame import PendingFrame
from handseg_ros.nodes.input.unpublished import UnpublishedInputs
from handseg_ros.nodes.outputs.publisher import OutputPublisher
from handseg_ros.nodes.pipeline.frame_pipeline import (
    FramePipeline,
    PipelineCallbacks,
    PipelineStages,
)
from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.pipeline.segment_service import SegmentService, ServiceCallbacks
from handseg_ros.nodes.pipeline.worker import Worker
from handseg_ros.nodes.settings import Settings
from handseg_ros.outputs.table import DEPTH
from handseg_ros.segmentation.errors import ImageError
from handseg_ros.segmentation.segmenter import Segmenter

MakeInput = Callable[[LifecycleNode, CameraTopics, FrameCallbacks], FrameInput]


class CameraStream:
    """Takes a camera's images, has them answered by the worker, and publishes what is found.

    The executor calls all methods. `camera` is its name, '' for the only one; `setup` is what
    frames are answered with, None until a network is used; the worker is there while it is active.
    """

    def __init__(self, node: LifecycleNode, topics: CameraTopics, make_input: MakeInput) -> None:
        self._node, self.camera = node, topics.camera
        self.setup: FrameSetup | None = None
        self._worker: Worker | None = None
        self._pipeline: FramePipeline | None = None
        self._statistics = FrameStatistics()
        self._listening_since = time.monotonic()
        # Before the images', so that depth is taken first when both have come.
        self._depth = DepthPipeline(node, topics, self._hand_over)
        callbacks = FrameCallbacks(self._on_image, self._on_bad, self._on_replaced)
        self._input = make_input(node, topics, callbacks)
        self._unpublished = UnpublishedInputs(node)
        self._background = BackgroundService(
            node,
            topics,
            BackgroundServiceCallbacks(
                segmenter=lambda: None if self._worker is None else self._segmenter,
                file=lambda: self._background_file(self._settings),
                adopt=self._adopt_background,
            ),
        )
        self._requests = SegmentService(
            node,
            topics,
            ServiceCallbacks(
                queue=lambda: None if self._worker is None else self._worker.queue,
                setup=lambda: self.setup,
                warning=self._background.warning,
            ),
        )
        self._outputs = OutputPublisher(node, topics)

    # -- the network and the parameters -------------------------------------------------------

    def use(self, segmenter: Segmenter, settings: Settings) -> None:
        """Have frames from now on answered by this network, with the background that is kept."""
        file = self._background_file(settings)
        self.setup = FrameSetup(self._background.restored(segmenter, file), settings)
        self._outputs.last_hands.forget()
        self._publish_labels()

    def apply(self, settings: Settings) -> None:
        """Have frames from now on answered with these parameters, by the network as it is."""
        if self.setup is None:
            return
        segmenter, before = self.setup.segmenter, self.setup.settings
        if settings.background_file != before.background_file:
            segmenter = self._background.restored(segmenter, self._background_file(settings))
        self.setup = FrameSetup(segmenter, settings)

    def forget_network(self) -> None:
        """Let the network go; images are not answered until there is another one."""
        self.setup = None

    @property
    def _segmenter(self) -> Segmenter | None:
        return None if self.setup is None else self.setup.segmenter

    @property
    def _settings(self) -> Settings:
        assert self.setup is not None  # it is asked for while a network is there
        return self.setup.settings

    def _background_file(self, settings: Settings) -> Path:
        name = self._node.get_fully_qualified_name()
        return background_file(settings.background_file, name, self.camera)

    def _adopt_background(self, picture: np.ndarray) -> None:
        if self.setup is not None and self.setup.segmenter.takes_background:
            segmenter = self.setup.segmenter.with_background(picture)
            self.setup = FrameSetup(segmenter, self.setup.settings)

    # -- life cycle ---------------------------------------------------------------------------

    def activate(self, worker: Worker) -> None:
        """Begin to answer images on the worker."""
        self._statistics = FrameStatistics()
        self._depth.start_over()
        self._requests.start_over()
        self._pipeline = FramePipeline(
            self._node,
            PipelineStages(self._background, self._depth, self._outputs, self._statistics),
            PipelineCallbacks(setup=lambda: self.setup, topic=self._topic),
        )
        self._worker = worker
        self._announce()
        self._publish_labels()
        self.supervise()

    def stop_listening(self) -> None:
        """Take no further image, and end a capture of the background."""
        self._background.stop("the node was deactivated")
        self._close()

    def deactivate(self) -> None:
        """Refuse what waits, once the worker has stopped."""
        if self._worker is not None:
            self._worker = None
            self._requests.stop("the node was deactivated")
            self._outputs.last_hands.forget()

    def _announce(self) -> None:
        """Say what is waited for, and what comes out."""
        settings = self._settings
        described = [self._input.described(settings.image_transport)]
        if settings.depth:
            described += [f"{item.topic} ({item.type})" for item in self._depth.expected]
        inputs = ", ".join(described)
        lazily = " while somebody listens to an output" if settings.lazy else ""
        self._node.get_logger().info(
            f"takes {inputs}{lazily}{self._input.terms(settings.input_reliability)}; answers on "
            f"{', '.join(self._outputs.names(self._known))}"
        )

    def _publish_labels(self) -> None:
        if self._worker is not None and self._segmenter is not None:
            header = Header(stamp=self._node.get_clock().now().to_msg())
            self._outputs.publish_labels(header, self._segmenter.classes)

    # -- frames -------------------------------------------------------------------------------

    def _on_image(self, message: ImageMessage) -> None:
        if self._worker is None:
            return
        pending = PendingFrame(message, time.monotonic())
        self._statistics.count_received(when=pending.when)
        self._depth.take(pending)

    def _on_bad(self, error: ImageError) -> None:
        if self._worker is not None and self._pipeline is not None:
            self._statistics.count_received(when=time.monotonic())
            self._pipeline.drop_bad(error)

    def _on_replaced(self) -> None:
        if self._worker is not None:
            self._statistics.count_received(when=time.monotonic())
            self._statistics.count_replaced()

    def _hand_over(self, pending: PendingFrame) -> None:
        if self._worker is None or self._pipeline is None:
            return
        if self._worker.put(self.camera, partial(self._pipeline.answer, pending)):
            self._statistics.count_replaced()

    # -- supervision and diagnostics ----------------------------------------------------------

    def supervise(self) -> None:
        """Listen to the camera while its images are needed (or always, if not lazy)."""
        if self._worker is None or self.setup is None:
            return
        settings = self.setup.settings
        self._background.supervise(self._topic())
        is_wanted = self._outputs.any_wanted(self._known) or self._input.is_wanted
        if settings.lazy and not (is_wanted or self._background.is_capturing):
            if self._input.is_open:
                text = f"nobody listens: leaving {self._topic()} alone"
                self._node.get_logger().info(text)
                self._close()
            return
        if not self._input.is_open:
            self._listening_since = time.monotonic()
            self._outputs.last_hands.forget()  # they may be of long ago
        self._depth.open(settings.depth_options)
        self._input.open(settings.input_options)
        unpublished = self._input.unpublished(settings.image_transport)
        self._unpublished.look(unpublished + self._depth.unpublished)
        self._outputs.last_hands.repeat(settings.repeat_last_period)

    def _close(self) -> None:
        self._input.close()
        self._depth.close()

    @property
    def _known(self) -> tuple[str, ...]:
        """What the outputs can be made of."""
        assert self.setup is not None  # a network is there
        classes = self.setup.segmenter.classes
        return (*classes, DEPTH) if self.setup.settings.depth else classes

    def _topic(self) -> str:
        return self._input.topic(self._settings.image_transport)

    def health(self, settings: Settings) -> NodeHealth:
        """Return the state of this moment, with the node's parameters."""
        segmenter = self._segmenter
        loaded = "" if segmenter is None else segmenter.session.loaded.warning
        return NodeHealth(
            is_active=self._worker is not None,
            is_listening=self._input.is_open,
            topic=self._input.topic(settings.image_transport),
            waited=time.monotonic() - self._listening_since,
            stale_timeout=settings.stale_timeout,
            statistics=self._statistics.snapshot(),
            requests=self._requests.counts,
            segmenter=() if segmenter is None else self._described(segmenter),
            warning=self._background.warning(segmenter) or loaded,
            depth=self._depth.health() if settings.depth else None,
        )

    def _described(self, segmenter: Segmenter) -> tuple[tuple[str, str], ...]:
        rows = describe(segmenter)
        if not segmenter.takes_background:
            return rows
        return (*rows, ("background", self._background.state(segmenter)))


def describe(segmenter: Segmenter) -> tuple[tuple[str, str], ...]:
    """Return what is loaded, as ordered (key, value) texts."""
    loaded = segmenter.session.loaded
    operators = "unknown" if loaded.operators is None else "{} of {}".format(*loaded.operators)
    return (
        ("model", segmenter.description.title),
        ("provider", loaded.provider),
        ("provider_operators", operators),
        ("input_size", segmenter.input_size_text),
    )
