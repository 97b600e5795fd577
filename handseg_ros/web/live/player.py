"""A camera, a video or pictures, segmented in this process for the page; no ROS is needed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.positions import Measurement
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.media.frames import Frame, FrameSource
from handseg_ros.nodes.diagnostics.frame_statistics import FrameMeasurement, FrameStatistics
from handseg_ros.nodes.source.frame_pump import FramePump, PumpCallbacks, RecordedPace
from handseg_ros.outputs.segmented_frame import DepthFrame, OutputOptions, SegmentedFrame
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.tracker import Tracker
from handseg_ros.web.errors import RequestError
from handseg_ros.web.live.capture import CaptureControl
from handseg_ros.web.live.depth import PlayedDepth
from handseg_ros.web.live.feed import LiveFeed
from handseg_ros.web.live.player_settings import PlayerSettings, Settings
from handseg_ros.web.live.source import LiveHand, LiveParameter, LiveState, Value
from handseg_ros.web.live.viewer import FrameViewer, PlayedHeader

_GRACE_SECONDS = 2.0
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Played:
    """What is played; `rate` is for pictures, which have none of their own."""

    name: str
    source: FrameSource
    rate: float


class Player:
    """A `LiveSource` of frames, over and over again; frames are answered while somebody looks.

    Frames are read and answered in a thread of its own, with a segmenter of its own.
    """

    def __init__(
        self,
        played: Played,
        thresholds: Callable[[Thresholds], Thresholds],
        load: Callable[[str], Segmenter],
        model: str,
        capture: CaptureControl | None = None,
        viewers: Sequence[FrameViewer] = (),
        depth: PlayedDepth | None = None,
    ) -> None:
        """Answer by the model `model`; `load` returns a segmenter by its name or path.

        `thresholds` returns what holds for a model with these of its own; `capture` stores frames
        while somebody looks at the page; `viewers` get answered frames too; `depth` is None where
        there is none.
        """
        self.name = played.name
        self.feed = LiveFeed()
        self.capture = capture
        self._viewers = tuple(viewers)
        self._depth = depth
        self._settings = PlayerSettings(load, thresholds, model)
        self._statistics = FrameStatistics()
        self._tracker = Tracker()
        self._played, self._pace = played, RecordedPace()
        self._newest: SegmentedFrame | None = None
        self._end = ""
        self._lock = threading.Lock()
        callbacks = PumpCallbacks(
            is_ready=lambda: True,
            period=self._period,
            is_looped=lambda: True,
            on_frame=self._answer,
            on_error=lambda error: self._statistics.count_bad(str(error)),
            on_end=self._keep_end,
        )
        self._pump = FramePump(played.source, callbacks)

    @contextmanager
    def running(self) -> Iterator[Player]:
        """Play until the context ends."""
        self._pump.start()
        try:
            yield self
        finally:
            self._pump.stop(_GRACE_SECONDS)

    @property
    def cameras(self) -> tuple[str, ...]:
        """None: what is played is one camera, which needs no name."""
        return ()

    def view(self, camera: str) -> Player:
        """Return itself; raises RequestError for the name of a camera."""
        if camera:
            raise RequestError(404, f"{self.name} has no camera of this name, but one without")
        return self

    def state(self) -> LiveState:
        """Return how it goes."""
        with self._lock:
            newest, end = self._newest, self._end
        figures = self._statistics.snapshot()
        segmenter = self._settings.now.segmenter
        return LiveState(
            source=self.name,
            level="error" if end else "warning" if figures.recent_bad else "ok",
            message=end
            or (figures.last_problem if figures.recent_bad else "")
            or f"{figures.rate:.1f} frames a second",
            figures={
                "model": segmenter.description.title,
                "provider": segmenter.session.loaded.provider,
                "input_size": segmenter.input_size_text,
                "rate_hz": f"{figures.rate:.2f}",
                "latency_median_ms": f"{1e3 * figures.latency_median:.2f}",
                "inference_median_ms": f"{1e3 * figures.inference_median:.2f}",
                "stamp_age_median_ms": f"{1e3 * figures.stamp_age_median:.2f}",
                "frames_answered": str(figures.answered),
                "frames_bad": str(figures.bad),
                "last_problem": figures.last_problem,
            },
            age_ms=None if newest is None else (time.time_ns() - newest.header.stamp) / 1e6,
            hands=[] if newest is None else _live_hands(newest),
            capture=None if self.capture is None else self.capture.state(),
        )

    async def parameters(self) -> list[LiveParameter]:
        """Return what can be changed."""
        return self._settings.parameters()

    async def change(self, name: str, value: Value) -> None:
        """Change one; raises RequestError where that is refused."""
        await self._settings.change(name, value)

    def _period(self, frame: Frame) -> float:
        source = self._played.source
        return 0.0 if source.live else self._pace.period(frame, source.rate or self._played.rate)

    def _answer(self, frame: Frame) -> None:
        """Answer a frame if anybody looks, in the thread that reads them."""
        watched = self.feed.is_watched
        viewers = [viewer for viewer in self._viewers if viewer.is_watched]
        if not (watched or viewers):
            return
        began = time.monotonic()
        self._statistics.count_received(when=began)
        settings = self._settings.now
        try:
            answered = self._segmented(frame, settings)
        except HandsegError as error:
            self._statistics.count_bad(str(error))
            return
        with self._lock:
            self._newest = answered
        if watched:
            self._show_on_page(answered, frame.time)
        for viewer in viewers:
            viewer.show(answered)
        self._statistics.count_answered(
            FrameMeasurement(
                hands=len(answered.segmentation.hands),
                latency=time.monotonic() - began,
                inference=answered.segmentation.timings.inference,
                stamp_age=time.time() - frame.time,
            )
        )

    def _segmented(self, frame: Frame, settings: Settings) -> SegmentedFrame:
        """Return a frame with its hands; raises HandsegError for one that cannot be answered."""
        view = None if self._depth is None else self._depth.view(frame)
        found = settings.segmenter.segment(frame.image, settings.thresholds)
        found = self._tracker.follow(found, frame.time)
        return SegmentedFrame(
            PlayedHeader(round(_NANOSECONDS * frame.time)),
            frame.image,
            found,
            Circumstances(
                settings.segmenter.description.title,
                measurements={} if view is None else measure_hands(view, found),
            ),
            settings.palette,
            OutputOptions(settings.overlay),
            None if view is None else DepthFrame(view, None),
        )

    def _show_on_page(self, answered: SegmentedFrame, stamp: float) -> None:
        drawn = answered.overlay
        if self.capture is not None:
            drawn = self.capture.step(answered.pixels, answered.mask, drawn)
        jpeg: bytes = cv2.imencode(".jpg", drawn)[1].tobytes()
        self.feed.show(jpeg, stamp)

    def _keep_end(self, error: Exception | None) -> None:
        with self._lock:
            self._end = str(error) if error is not None else "there are no more frames"


def _live_hands(frame: SegmentedFrame) -> list[LiveHand]:
    measurements = frame.circumstances.measurements
    return [_live_hand(hand, measurements.get(hand.id)) for hand in frame.segmentation.hands]


def _live_hand(hand: Hand, measured: Measurement | None) -> LiveHand:
    location = None if measured is None else measured.location
    return LiveHand(
        id=hand.id,
        track=hand.track_id,
        side=hand.side.name.lower(),
        side_confidence=hand.side_confidence,
        score=hand.score,
        area=hand.area,
        position=None if location is None else location.position,
    )
