"""The WebSocket server that Foxglove connects to: a channel for each topic, each made on demand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import foxglove
from foxglove import channels
from foxglove.websocket import StatusLevel, WebSocketServer

from handseg_ros.nodes.source.camera_calibration import Calibration, load_calibration
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.web.foxglove import topics
from handseg_ros.web.foxglove.diagnostics import DIAGNOSTICS_SCHEMA, diagnostics_json
from handseg_ros.web.foxglove.messages import (
    HANDS_SCHEMA,
    hands_json,
    image_annotations,
    jpeg_image,
    mono_image,
)
from handseg_ros.web.foxglove.scene import CalibratedScene, hand_points
from handseg_ros.web.live.source import LiveState

# There is no token in the protocol: who is elsewhere comes through a tunnel.
_HOST = "127.0.0.1"
_PERIOD_SECONDS = 1.0
# Frames that wait for a slow client; the oldest message makes room for the newest.
_FRAMES_QUEUED = 2


@dataclass(frozen=True)
class _Output:
    """A channel, and what makes its message of a frame."""

    channel: Any
    make: Callable[[SegmentedFrame], Any]


class FoxgloveServer:
    """A `FrameViewer` for Foxglove; a message is made while somebody subscribes to its topic."""

    def __init__(
        self,
        name: str,
        port: int,
        calibration: Calibration | None = None,
        has_depth: bool = False,
    ) -> None:
        """Prepare the channels; raises CalibrationError for a calibration that no camera has.

        `name` is what clients show; the port 0 is any that is free. Without a calibration there is
        neither camera_info nor a scene; points are there where frames have depth.
        """
        self._name, self._port = name, port
        self._context = foxglove.Context()
        scene = None if calibration is None else CalibratedScene(calibration)
        self._outputs = _outputs(self._context, scene, has_depth)
        self._diagnostics = foxglove.Channel(
            topics.DIAGNOSTICS, schema=DIAGNOSTICS_SCHEMA, context=self._context
        )
        self._server: WebSocketServer | None = None
        self._problem = ""
        self._ended = threading.Event()

    @property
    def is_watched(self) -> bool:
        """Whether anybody subscribes to anything."""
        outputs = (output.channel for output in self._outputs)
        return any(channel.has_sinks() for channel in (self._diagnostics, *outputs))

    @contextmanager
    def running(self, state: Callable[[], LiveState]) -> Iterator[str]:
        """Listen until the context ends; yields the address, and tells of `state` every second.

        Raises HandsegError where the port is taken.
        """
        self._server = self._listen()
        telling = threading.Thread(target=self._tell, args=(state,), name="diagnostics")
        telling.start()
        try:
            yield f"ws://{_HOST}:{self._server.port}"
        finally:
            self._ended.set()
            telling.join()
            self._server.stop()

    def show(self, frame: SegmentedFrame) -> None:
        """Send what is subscribed to of a frame."""
        problem = ""
        for output in self._outputs:
            if output.channel.has_sinks():
                try:
                    output.channel.log(output.make(frame), log_time=frame.header.stamp)
                except HandsegError as error:
                    problem = str(error)
        if problem and problem != self._problem and self._server is not None:
            self._server.publish_status(problem, StatusLevel.Error)
        self._problem = problem

    def _listen(self) -> WebSocketServer:
        backlog = _FRAMES_QUEUED * (len(self._outputs) + 1)
        try:
            return foxglove.start_server(
                name=self._name,
                host=_HOST,
                port=self._port,
                context=self._context,
                message_backlog_size=backlog,
            )
        except RuntimeError as error:  # what the SDK raises, whatever it is
            reason = str(error).removeprefix("FoxgloveError: ")
            raise HandsegError(
                f"Foxglove's server cannot listen on {_HOST}:{self._port}, {reason}: choose "
                "another port with --foxglove-port, or end what uses this one"
            ) from error

    def _tell(self, state: Callable[[], LiveState]) -> None:
        while not self._ended.wait(_PERIOD_SECONDS):
            if self._diagnostics.has_sinks():
                now = time.time_ns()
                self._diagnostics.log(diagnostics_json(state(), now), log_time=now)


def prepare(name: str, port: int, camera_info_url: str, has_depth: bool) -> FoxgloveServer:
    """Return a server, not started; `camera_info_url` is the calibration's place, '' for none.

    Raises MediaError and CalibrationError for one that cannot be used.
    """
    calibration = load_calibration(camera_info_url) if camera_info_url else None
    return FoxgloveServer(name, port, calibration, has_depth)


def _outputs(
    context: foxglove.Context, scene: CalibratedScene | None, has_depth: bool
) -> list[_Output]:
    def image(topic: str) -> channels.CompressedImageChannel:
        return channels.CompressedImageChannel(topic, context=context)

    def mono(topic: str) -> channels.RawImageChannel:
        return channels.RawImageChannel(topic, context=context)

    outputs = [
        _Output(image(topics.IMAGE), jpeg_image(lambda frame: frame.pixels)),
        _Output(image(topics.OVERLAY), jpeg_image(lambda frame: frame.overlay)),
        _Output(mono(topics.MASK), mono_image(lambda frame: frame.mask)),
        _Output(mono(topics.INSTANCES), mono_image(lambda frame: frame.instances)),
        _Output(
            channels.ImageAnnotationsChannel(topics.ANNOTATIONS, context=context), image_annotations
        ),
        _Output(foxglove.Channel(topics.HANDS, schema=HANDS_SCHEMA, context=context), hands_json),
    ]
    if scene is not None:
        info = channels.CameraCalibrationChannel(topics.CAMERA_INFO, context=context)
        markers = channels.SceneUpdateChannel(topics.MARKERS, context=context)
        outputs += [_Output(info, scene.camera_info), _Output(markers, scene.hands)]
    if has_depth:
        points = channels.PointCloudChannel(topics.POINTS, context=context)
        outputs.append(_Output(points, hand_points))
    return outputs
