"""What is done with a frame in the worker's thread, from what arrived to what is published."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from rclpy.node import Node

from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.positions import Measurement
from handseg_ros.image_messages.compressed import decode_compressed
from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.image_messages.serialized import SerializedCompressedImage
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.nodes.background.service import BackgroundService
from handseg_ros.nodes.depth.pipeline import DepthPipeline
from handseg_ros.nodes.diagnostics.frame_statistics import FrameMeasurement, FrameStatistics
from handseg_ros.nodes.input.frame_input import GrabbedFrame, ImageMessage
from handseg_ros.nodes.input.pending_frame import PendingFrame
from handseg_ros.nodes.input.stamps import stamp_age
from handseg_ros.nodes.outputs.publisher import OutputPublisher
from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.pipeline.smoothing import TemporalSmoothing
from handseg_ros.nodes.pipeline.tracks import HandTracks
from handseg_ros.outputs.segmented_frame import DepthFrame, SegmentedFrame
from handseg_ros.segmentation.errors import ImageError, user_message
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import Palette
from handseg_ros.segmentation.segmenter import Segmenter

_LOG_PERIOD = 5.0


@dataclass(frozen=True)
class PipelineCallbacks:
    """What the pipeline asks the node, in the worker's thread.

    `setup` is what images are answered with now, None while no network is loaded; `topic` is where
    the images come from.
    """

    setup: Callable[[], FrameSetup | None]
    topic: Callable[[], str]


@dataclass(frozen=True)
class PipelineStages:
    """What a frame passes: the capture of backgrounds, depth, the outputs and the counters."""

    background: BackgroundService
    depth: DepthPipeline
    outputs: OutputPublisher
    statistics: FrameStatistics


class FramePipeline:
    """Answers the frames that come, from one activation of the node to its end."""

    def __init__(self, node: Node, stages: PipelineStages, callbacks: PipelineCallbacks) -> None:
        self._logger = node.get_logger()
        self._clock = node.get_clock()
        self._stages = stages
        self._callbacks = callbacks
        self._tracks = HandTracks()
        self._smoothing = TemporalSmoothing()
        self._sequence = 0
        self._bits = self._significant_bits(0)

    def answer(self, pending: PendingFrame) -> None:
        """Find the hands of an image and publish them; what cannot be answered is counted."""
        try:
            self._answer(pending)
        except Exception as error:  # counted, and the next frame is taken
            self._report_failure(error)

    def _answer(self, pending: PendingFrame) -> None:
        setup = self._callbacks.setup()
        if setup is None:
            return
        segmenter, settings = setup.segmenter, setup.settings
        try:
            frame = self._frame_of(pending.message, settings.significant_bits)
        except ImageError as error:
            self.drop_bad(error)
            return
        self._stages.background.take(frame, pending.when)
        if segmenter.lacks_background:
            self._skip_without_background(segmenter)
            return
        smoothed = self._smoothing.segmenter(setup, pending.message.header)
        segmentation = smoothed.segment(frame, setup.thresholds)
        segmentation = self._tracks.follow(segmentation, pending.message.header, settings)
        depth_frame = None
        if settings.depth:  # depth of before it was switched off is left aside
            depth_frame = self._stages.depth.depth_frame(
                pending, (segmentation.height, segmentation.width), self._callbacks.topic()
            )
        measurements = self._measured(depth_frame, segmentation)
        result = SegmentedFrame(
            header=pending.message.header,
            pixels=frame,
            segmentation=segmentation,
            circumstances=self._circumstances(pending, segmenter, measurements),
            palette=Palette.of(segmenter.description),
            options=settings.output_options,
            depth=depth_frame,
        )
        self._stages.outputs.publish(result)
        self._count(pending, result)

    def _report_failure(self, error: Exception) -> None:
        text = user_message(error)
        self._stages.statistics.count_failed(text)
        self._logger.error(
            f"image from {self._callbacks.topic()} not answered: {text}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _measured(
        self, depth_frame: DepthFrame | None, segmentation: Segmentation
    ) -> dict[int, Measurement]:
        if depth_frame is None or not self._stages.outputs.positions_wanted():
            return {}
        return measure_hands(depth_frame.view, segmentation)

    def _circumstances(
        self, pending: PendingFrame, segmenter: Segmenter, measurements: Mapping[int, Measurement]
    ) -> Circumstances:
        self._sequence += 1
        return Circumstances(
            model=segmenter.description.title,
            sequence=self._sequence,
            input_age=stamp_age(pending.message.header.stamp, self._clock),
            measurements=measurements,
        )

    def _count(self, pending: PendingFrame, result: SegmentedFrame) -> None:
        measurement = FrameMeasurement(
            hands=len(result.segmentation.hands),
            latency=time.monotonic() - pending.when,
            inference=result.segmentation.timings.inference,
            stamp_age=1e-9 * result.circumstances.input_age,
        )
        self._stages.statistics.count_answered(measurement)

    def drop_bad(self, error: ImageError) -> None:
        """Count and tell that an image cannot be used; any thread may."""
        self._stages.statistics.count_bad(str(error))
        self._logger.warning(
            f"image from {self._callbacks.topic()} dropped, no answer for it: {error}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _skip_without_background(self, segmenter: Segmenter) -> None:
        self._stages.statistics.count_no_background()
        warning = self._stages.background.warning(segmenter)
        self._logger.warning(
            f"image from {self._callbacks.topic()} not answered: {warning}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _frame_of(self, message: ImageMessage, significant_bits: int) -> np.ndarray:
        if isinstance(message, GrabbedFrame):
            return message.pixels
        if significant_bits != self._bits.fixed:
            self._bits = self._significant_bits(significant_bits)
        if isinstance(message, SerializedCompressedImage):
            return decode_compressed(message, self._bits)
        return to_bgr(message, self._bits)

    def _significant_bits(self, fixed: int) -> SignificantBits:
        def warn(sentence: str) -> None:
            self._logger.warning(
                f"images on {self._callbacks.topic()}: {sentence}; the parameter significant_bits "
                "sets it"
            )

        return SignificantBits(fixed, report=warn)
