"""The path of a frame through the worker's thread, from what arrived to what is published."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.positions import Measurement
from handseg_ros.image_messages.compressed import decode_compressed
from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.nodes.answers.answer import Answer
from handseg_ros.nodes.answers.outputs import Outputs
from handseg_ros.nodes.background.keeper import BackgroundKeeper
from handseg_ros.nodes.depth.sight import DepthSight
from handseg_ros.nodes.depth.views import Seen
from handseg_ros.nodes.frames.frame_setup import FrameSetup
from handseg_ros.nodes.frames.tracks import HandTracks
from handseg_ros.nodes.health.frame_statistics import AnsweredFrame, FrameStatistics
from handseg_ros.nodes.input.arrival import Arrival
from handseg_ros.nodes.input.image_input import ImageMessage
from handseg_ros.nodes.input.stamps import stamp_age
from handseg_ros.segmentation.errors import ImageError, words_of
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import Palette
from handseg_ros.segmentation.segmenter import Segmenter

_LOG_PERIOD = 5.0


@dataclass(frozen=True)
class PathCallbacks:
    """What the path asks the node, in the worker's thread.

    `setup` is what images are answered with now, None while no network is loaded; `topic` is where
    the images come from.
    """

    setup: Callable[[], FrameSetup | None]
    topic: Callable[[], str]


@dataclass(frozen=True)
class PathParts:
    """What a frame passes: the capture of backgrounds, depth, the outputs and the counters."""

    background: BackgroundKeeper
    depth: DepthSight
    outputs: Outputs
    statistics: FrameStatistics


class FramePath:
    """Answers arrivals, from one activation of the node to its end."""

    def __init__(self, node: Node, parts: PathParts, callbacks: PathCallbacks) -> None:
        self._logger = node.get_logger()
        self._clock = node.get_clock()
        self._parts = parts
        self._callbacks = callbacks
        self._tracks = HandTracks()
        self._sequence = 0
        self._bits = self._significant_bits(0)

    def answer(self, arrival: Arrival) -> None:
        """Find the hands of an image and publish them; what cannot be answered is counted."""
        setup = self._callbacks.setup()
        if setup is None:
            return
        segmenter, settings = setup.segmenter, setup.settings
        try:
            frame = self._frame_of(arrival.message, settings.significant_bits)
        except ImageError as error:
            self._drop_bad(error)
            return
        self._parts.background.take(frame, arrival.when)
        if segmenter.lacks_background:
            self._skip_without_background(segmenter)
            return
        segmentation = segmenter.segment(frame, setup.thresholds)
        segmentation = self._tracks.follow(segmentation, arrival.message.header, settings)
        seen = None
        if settings.depth is not None:  # depth of before it was switched off is left aside
            seen = self._parts.depth.seen(arrival, (segmentation.height, segmentation.width))
        measurements = self._measured(seen, segmentation)
        answer = Answer(
            header=arrival.message.header,
            frame=frame,
            segmentation=segmentation,
            circumstances=self._circumstances(arrival, segmenter, measurements),
            overlay_mode=settings.overlay_mode,
            palette=Palette.of(segmenter.description),
            space=settings.space,
            seen=seen,
        )
        self._parts.outputs.publish(answer)
        self._count(arrival, answer)

    def report_failure(self, error: Exception) -> None:
        """Count and tell what broke while an image was answered."""
        text = words_of(error)
        self._parts.statistics.count_failed(text)
        self._logger.error(
            f"image from {self._callbacks.topic()} not answered: {text}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _measured(self, seen: Seen | None, segmentation: Segmentation) -> dict[int, Measurement]:
        if seen is None or not self._parts.outputs.positions_wanted():
            return {}
        return measure_hands(seen.view, segmentation)

    def _circumstances(
        self, arrival: Arrival, segmenter: Segmenter, measurements: Mapping[int, Measurement]
    ) -> Circumstances:
        self._sequence += 1
        return Circumstances(
            model=segmenter.description.title,
            sequence=self._sequence,
            input_age=stamp_age(arrival.message.header.stamp, self._clock),
            measurements=measurements,
        )

    def _count(self, arrival: Arrival, answer: Answer) -> None:
        answered = AnsweredFrame(
            hands=len(answer.segmentation.hands),
            latency=time.monotonic() - arrival.when,
            inference=answer.segmentation.timings.inference,
            stamp_age=1e-9 * answer.circumstances.input_age,
        )
        self._parts.statistics.count_answered(answered)

    def _drop_bad(self, error: ImageError) -> None:
        self._parts.statistics.count_bad(str(error))
        self._logger.warning(
            f"image from {self._callbacks.topic()} dropped, no answer for it: {error}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _skip_without_background(self, segmenter: Segmenter) -> None:
        self._parts.statistics.count_no_background()
        warning = self._parts.background.warning(segmenter)
        self._logger.warning(
            f"image from {self._callbacks.topic()} not answered: {warning}",
            throttle_duration_sec=_LOG_PERIOD,
        )

    def _frame_of(self, message: ImageMessage, significant_bits: int) -> np.ndarray:
        if significant_bits != self._bits.fixed:
            self._bits = self._significant_bits(significant_bits)
        if isinstance(message, CompressedImage):
            return decode_compressed(message, self._bits)
        return to_bgr(message, self._bits)

    def _significant_bits(self, fixed: int) -> SignificantBits:
        def tell(sentence: str) -> None:
            self._logger.warning(
                f"images on {self._callbacks.topic()}: {sentence}; the parameter significant_bits "
                "sets it"
            )

        return SignificantBits(fixed, tell=tell)
