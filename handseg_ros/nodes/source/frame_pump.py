"""A thread that takes frames from a source at a pace and hands them on, until it is stopped."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from handseg_ros.media.sources import Frame, FrameSource
from handseg_ros.segmentation.errors import HandsegError, ImageError, MediaError

# How much of a period a camera's frame may come early and still be taken: cameras jitter.
EARLY = 0.1
# No gap in a recording is waited for longer, in seconds.
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class PumpCallbacks:
    """What the pump asks and tells, all in its own thread.

    `is_ready` says whether to begin; `period` is the time from a frame to the next one in seconds,
    0 for a camera's own pace; `is_looped` says whether to start over at the end; `on_frame` takes a
    frame; `on_error` is told of what was skipped or is tried again; `on_end` is told why it ended:
    None at the end of the source, else the error.
    """

    is_ready: Callable[[], bool]
    period: Callable[[Frame], float]
    is_looped: Callable[[], bool]
    on_frame: Callable[[Frame], None]
    on_error: Callable[[HandsegError], None]
    on_end: Callable[[Exception | None], None]


class RecordedPace:
    """The time from a frame to the next one, as it was recorded.

    It is that from the frame before, as the next one is not known yet: a recording takes its own
    time as a whole.
    """

    def __init__(self) -> None:
        self._last: float | None = None

    def period(self, frame: Frame, rate: float) -> float:
        """Return seconds; 1 / `rate` where nothing tells: of pictures and of a first frame."""
        last, self._last = self._last, frame.position
        if last is None or frame.position is None or frame.position <= last:
            return 1.0 / rate
        return min(frame.position - last, _LONGEST_PAUSE)


class FramePump:
    """Runs through a source in a thread of its own, for reading a camera may block for seconds.

    A picture that cannot be read is skipped. A camera that stops is opened again every
    `retry_period` seconds, but one that never gave a frame is an error, unless it `is_proven` that
    it can.
    """

    def __init__(
        self,
        source: FrameSource,
        callbacks: PumpCallbacks,
        retry_period: float = 1.0,
        *,
        is_proven: bool = False,
    ) -> None:
        self._source = source
        self._callbacks = callbacks
        self._retry_period = retry_period
        self._is_proven = is_proven
        self._stop = threading.Event()
        self._delivered = 0
        # a camera that hangs must not keep the process from ending
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs, or hangs in a source."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Hand nothing on any more; wait up to `timeout` seconds for the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def pause(self, seconds: float) -> bool:
        """Wait in the pump's thread; return False if it was stopped meanwhile."""
        return not self._stop.wait(seconds)

    def _run(self) -> None:
        error: Exception | None = None
        try:
            while not self._callbacks.is_ready():
                if not self.pause(0.02):
                    return
            self._pass_repeatedly()
        # whatever it is, the node must hear of it: a thread that dies alone leaves it spinning
        except Exception as caught:
            error = caught
        if not self._stop.is_set():
            self._callbacks.on_end(error)

    def _pass_repeatedly(self) -> None:
        while not self._stop.is_set():
            before = self._delivered
            try:
                self._pass_once()
            except MediaError as error:
                if self._stop.is_set():
                    return
                if not (self._source.live and (self._delivered or self._is_proven)):
                    raise
                self._callbacks.on_error(error)
                self.pause(self._retry_period)
                continue
            if self._delivered == before:
                raise MediaError(
                    "the source has no picture that can be read: check the files it names"
                )
            if not self._callbacks.is_looped():
                return

    def _pass_once(self) -> None:
        frames = iter(self._source)
        due = time.monotonic()
        while not self._stop.is_set():
            # a frame is taken when it is due, not before, so that its stamp is fresh; a camera's
            # frames age while one waits, so of these the ones that come too early are left out
            if not self._source.live and not self.pause(max(0.0, due - time.monotonic())):
                return
            try:
                frame = next(frames, None)
            except ImageError as error:
                self._callbacks.on_error(error)
                continue
            if frame is None:
                return
            period = self._callbacks.period(frame)
            if time.monotonic() >= due - EARLY * period:
                due = max(due + period, time.monotonic())
                self._deliver(frame)

    def _deliver(self, frame: Frame) -> None:
        if not self._stop.is_set():
            self._callbacks.on_frame(frame)
            self._delivered += 1
