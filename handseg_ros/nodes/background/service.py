"""The node's background: taken on request, kept in a file, given to the models that compare."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.task import Future

from handseg_ros.nodes.background.capture import BackgroundCapture
from handseg_ros.nodes.background.file import read_background, write_background
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.segmentation.errors import BackgroundError, HandsegError, MediaError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.srv import CaptureBackground

SERVICE = "~/capture_background"
_MAX_DELAY = 3600.0
_MAX_AVERAGING = 600.0


@dataclass(frozen=True)
class BackgroundServiceCallbacks:
    """What the service asks of the node, in the executor's thread.

    `segmenter` is the one that answers images now, None while the node is inactive; `file` is
    where the background is kept; `adopt` takes a new background, uint8 (height, width, 3), BGR.
    """

    segmenter: Callable[[], Segmenter | None]
    file: Callable[[], Path]
    adopt: Callable[[np.ndarray], None]


@dataclass(frozen=True)
class _CaptureResult:
    """A background, of how many images it is the mean, and why it was not kept, or ''."""

    picture: np.ndarray
    count: int
    problem: str


@dataclass(frozen=True)
class _Unkept:
    """A background that could not be written, newer than what its file holds."""

    picture: np.ndarray
    file: Path


@dataclass(frozen=True)
class _ActiveCapture:
    """A capture under way, where its background will be kept, and what becomes of it.

    A failure is a result too: an exception that nobody awaits any more, as the process ends, would
    be complained of by rclpy.
    """

    capture: BackgroundCapture
    file: Path
    outcome: Future  # of _CaptureResult | HandsegError


class BackgroundService:
    """Serves `~/capture_background`, whose answer comes when the background is taken.

    Meanwhile the executor goes on: the service waits as a coroutine, and the worker, which hands
    its images to `take`, adds them up and writes the file.
    """

    def __init__(
        self, node: LifecycleNode, topics: CameraTopics, callbacks: BackgroundServiceCallbacks
    ) -> None:
        self._logger = node.get_logger()
        self._callbacks = callbacks
        self._capture: _ActiveCapture | None = None
        # Held by whoever decides what becomes of a capture: the worker that completes it, or the
        # executor that ends it.
        self._lock = threading.Lock()
        self._problem = ""
        self._unkept: _Unkept | None = None
        # A group of its own: in the node's a waiting service would keep all else from running.
        group = ReentrantCallbackGroup()
        service = node.create_service(
            CaptureBackground, topics.of(SERVICE), self._on_request, callback_group=group
        )
        self._service_name = service.service_name

    @property
    def is_capturing(self) -> bool:
        """Whether images are needed although nobody may listen to what is made of them."""
        return self._active_capture() is not None

    def restored(self, segmenter: Segmenter, file: Path) -> Segmenter:
        """Return the segmenter with the background that is kept, if it takes one and one is there.

        One that could not be written to the file serves before what the file holds. What cannot be
        read counts as none, and is told in the log and by `warning`.
        """
        self.stop("the model or the background's file was changed")
        self._problem = ""
        if not segmenter.takes_background:
            return segmenter
        if self._unkept is not None and self._unkept.file == file:
            self._logger.warning(f"the newest background serves, which {file} does not hold")
            return segmenter.with_background(self._unkept.picture)
        try:
            picture = read_background(file)
        except HandsegError as error:
            self._problem, picture = str(error), None
        if picture is None:
            bare = replace(segmenter, background=None)
            self._logger.warning(self.warning(bare))
            return bare
        self._logger.info(f"background read from {file}")
        return segmenter.with_background(picture)

    def warning(self, segmenter: Segmenter | None) -> str:
        """Return why the segmenter cannot answer, and the way out, or ''."""
        if segmenter is None or not segmenter.lacks_background:
            return ""
        if active := self._active_capture():
            return f"no background yet: {_progress(active)}"
        cause = f", as {self._problem};" if self._problem else ":"
        return f"no background{cause} call {self._service_name} while no hand is in the picture"

    def state(self, segmenter: Segmenter) -> str:
        """Return what is there, in words for diagnostics."""
        made = segmenter.background
        size = "none" if made is None else f"{made.size[1]}x{made.size[0]}"
        active = self._active_capture()
        return size if active is None else f"{size}, a new one {_progress(active)}"

    def _active_capture(self) -> _ActiveCapture | None:
        active = self._capture
        return None if active is None or active.outcome.done() else active

    # -- the worker's thread ------------------------------------------------------------------

    def take(self, frame: np.ndarray, when: float) -> None:
        """Use an image, BGR, that came at `when`, a time.monotonic(), if a capture is under way."""
        with self._lock:
            active = self._active_capture()
            if active is None:
                return
            try:
                if active.capture.take(frame, when):
                    active.outcome.set_result(_kept(active))
            except HandsegError as error:
                active.outcome.set_result(error)

    # -- the executor's thread ----------------------------------------------------------------

    def supervise(self, topic: str) -> None:
        """End a capture for which no image comes; call it some times a second."""
        active = self._active_capture()
        if active is not None and active.capture.is_overdue(time.monotonic()):
            count = active.capture.count
            self._end(f"the images on {topic} ended after {count}: check the camera")

    def stop(self, cause: str) -> None:
        """End a capture that is under way, if any."""
        self._end(f"the capture was ended, as {cause}: call {self._service_name} again")

    def _end(self, text: str) -> None:
        with self._lock:
            if active := self._active_capture():
                active.outcome.set_result(BackgroundError(text))

    async def _on_request(
        self, request: CaptureBackground.Request, response: CaptureBackground.Response
    ) -> CaptureBackground.Response:
        refusal = self._refusal(request)
        if refusal:
            return self._respond(response, False, refusal)
        begin = time.monotonic() + request.delay
        capture = BackgroundCapture(begin, begin + request.averaging_time)
        self._capture = active = _ActiveCapture(capture, self._callbacks.file(), Future())
        self._logger.info(f"a capture of the background began: {_progress(active)}")
        outcome = await active.outcome
        if self._capture is active:
            self._capture = None  # its sums are as large as four images
        if not isinstance(outcome, _CaptureResult):
            return self._respond(response, False, str(outcome))
        if self._callbacks.file() != active.file:
            text = f"it was kept in {active.file}, as the file was changed meanwhile"
            return self._respond(response, False, f"{text}: call {self._service_name} again")
        self._unkept = _Unkept(outcome.picture, active.file) if outcome.problem else None
        self._callbacks.adopt(outcome.picture)
        return self._respond(response, True, _summary(outcome, active.file))

    def _refusal(self, request: CaptureBackground.Request) -> str:
        segmenter = self._callbacks.segmenter()
        if segmenter is None:
            return "the node is inactive and sees no image: activate it first"
        if not segmenter.takes_background:
            return (
                f"model '{segmenter.description.title}' takes no background: set the parameter "
                "'model' to one of the family 'frame_background'"
            )
        if active := self._active_capture():
            return f"a capture is under way: {_progress(active)}"
        for name, value, maximum in (
            ("delay", request.delay, _MAX_DELAY),
            ("averaging_time", request.averaging_time, _MAX_AVERAGING),
        ):
            if not 0.0 <= value <= maximum:
                return f"{name} cannot be {value:g}: it takes seconds from 0 to {maximum:g}"
        return ""

    def _respond(
        self, response: CaptureBackground.Response, success: bool, text: str
    ) -> CaptureBackground.Response:
        if success:
            self._problem = ""
            self._logger.info(text)
        else:
            self._logger.error(f"no new background: {text}")
        response.success, response.message = success, text
        return response


def _kept(active: _ActiveCapture) -> _CaptureResult:
    """Return the mean, after an attempt to keep it."""
    picture, problem = active.capture.picture(), ""
    try:
        write_background(active.file, picture)
    except MediaError as error:
        problem = str(error)
    return _CaptureResult(picture, active.capture.count, problem)


def _progress(active: _ActiveCapture) -> str:
    return f"complete in {active.capture.seconds_left(time.monotonic()):.1f} s"


def _summary(result: _CaptureResult, file: Path) -> str:
    height, width = result.picture.shape[:2]
    kept = f"not kept, as {result.problem}" if result.problem else f"kept in {file}"
    return f"background of {width}x{height} pixels, the mean of {result.count} images, {kept}"
