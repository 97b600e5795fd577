"""image_source_node: a camera, a video or pictures as an image topic with camera_info and depth."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.sources import Frame, FrameSource, open_source
from handseg_ros.media.videos import CameraSource
from handseg_ros.nodes import parameters
from handseg_ros.nodes.parameter_services import KnownTypesParameterService
from handseg_ros.nodes.parameters import parameter, specs_of
from handseg_ros.nodes.process import NodeFinished, run_node
from handseg_ros.nodes.source.camera_calibration import load_calibration
from handseg_ros.nodes.source.frame_pump import FramePump, PumpCallbacks
from handseg_ros.nodes.source.image_output import COMPRESSED, RAW, DepthOutput, ImageOutput
from handseg_ros.segmentation.errors import HandsegError


@dataclass(frozen=True)
class SourceSettings:
    """All parameters, and their values at one moment."""

    source: str = parameter(
        "0",
        "What to publish: a camera's number or device, a video, a picture, a folder or a glob",
        read_only=True,
        also_number=True,
    )
    rate: float = parameter(
        0.0,
        "Frames a second; 0 takes the source's own (a camera's, a video's; 10 for pictures)",
        minimum=0.0,
        maximum=1000.0,
        unit="hertz",
    )
    loop: bool = parameter(
        False,
        "Whether to start again at the end of a video or of pictures",
    )
    frame_id: str = parameter(
        "camera_optical_frame",
        "The frame_id of every header: the camera's optical frame",
    )
    camera_info_url: str = parameter(
        "",
        "Calibration as camera_calibration writes it: a path, file:// or package:// URL; "
        "empty for a camera that is not calibrated",
        read_only=True,
    )
    depth: str = parameter(
        "",
        "Folder of the pictures' depth, published on depth (16UC1) with their stamps: 16-bit PNG "
        "in millimetres, of the pictures' names; empty for none",
        read_only=True,
    )
    image_transport: str = parameter(
        RAW,
        "raw publishes image (sensor_msgs/Image), compressed publishes image/compressed (JPEG)",
        choices=(RAW, COMPRESSED),
        read_only=True,
    )
    jpeg_quality: int = parameter(
        90,
        "Quality of compressed images, 100 is best",
        minimum=1,
        maximum=100,
    )
    wait_for_subscribers: int = parameter(
        0,
        "How many subscriptions the image topic must have before the first frame is taken",
        minimum=0,
        maximum=100,
        read_only=True,
    )
    linger: float = parameter(
        1.0,
        "Time to stay after the last frame, so that late messages get out",
        minimum=0.0,
        maximum=60.0,
        unit="seconds",
    )


SPECS = specs_of(SourceSettings)
PICTURE_RATE = 10.0
LOG_PERIOD = 5.0


class ImageSourceNode(Node):
    """Publishes frames with the time at which each was grabbed.

    Raises HandsegError if a parameter's value, the source or the calibration cannot be used. At
    the end of a source that is not looped, its callback raises `NodeFinished`.
    """

    def __init__(self) -> None:
        super().__init__("image_source", start_parameter_services=False)
        self._parameter_services = KnownTypesParameterService(self)
        parameters.declare(self, SPECS)
        settings = self._settings()
        calibration_url = settings.camera_info_url
        calibration = load_calibration(calibration_url) if calibration_url else None
        depth = DepthPictures(settings.depth) if settings.depth else None
        self._source: FrameSource = open_source(settings.source)
        if isinstance(self._source, CameraSource):
            self._source.check()  # now, as it may be long until somebody wants its images
        self._output = ImageOutput(self, settings.image_transport, calibration)
        self._depth = DepthOutput(self, depth) if depth else None
        self._wanted = settings.wait_for_subscribers
        self._published = self._skipped = self._remarked = 0
        self._outcome: Exception = NodeFinished()
        self._end = self.create_guard_condition(self._raise_outcome)
        self._pump = FramePump(
            self._source,
            PumpCallbacks(
                is_ready=self._is_awaited,
                period=self._period,
                is_looped=lambda: self._settings().loop,
                on_frame=self._publish,
                on_error=self._report_trouble,
                on_end=self._finish,
            ),
        )
        self._log_start(settings)
        self._pump.start()

    def destroy_node(self) -> None:
        """Stop the pump before its publishers go."""
        self._pump.stop(timeout=0.5)
        super().destroy_node()

    def _settings(self) -> SourceSettings:
        return SourceSettings(**parameters.values(self, SPECS))

    def _log_start(self, settings: SourceSettings) -> None:
        length = self._source.length
        frames = f"{length} frames" if length is not None else "live" if self._source.live else ""
        self.get_logger().info(
            f"publishing {settings.source} ({frames}) on {self._output.topic}"
            + (f" once {self._wanted} subscription(s) are there" if self._wanted else "")
        )
        for sentence in self._source.left_out:
            self.get_logger().warning(f"left out: {sentence}")

    # -- the pump's questions and answers, in its thread --------------------------------------

    def _is_awaited(self) -> bool:
        return self._output.subscribers >= self._wanted

    def _period(self) -> float:
        rate = self._settings().rate
        if rate == 0.0 and self._source.live:
            return 0.0
        return 1.0 / (rate or self._source.rate or PICTURE_RATE)

    def _publish(self, frame: Frame) -> None:
        settings = self._settings()
        # counted back from the node's own clock, which may be simulated, and may stand at zero
        age = round((time.time() - frame.time) * 1e9)
        stamp = Time(nanoseconds=max(0, self.get_clock().now().nanoseconds - age))
        header = Header(stamp=stamp.to_msg(), frame_id=settings.frame_id)
        if self._depth:
            self._depth.publish(frame, header)
        self._output.publish(frame, header, settings.jpeg_quality)
        self._published += 1
        for sentence in self._source.remarks[self._remarked :]:
            self._remarked += 1
            self.get_logger().warning(sentence)

    def _report_trouble(self, error: HandsegError) -> None:
        what = "the camera is opened again" if self._source.live else "the picture is skipped"
        self._skipped += not self._source.live
        self.get_logger().warning(f"{error}; {what}", throttle_duration_sec=LOG_PERIOD)

    def _finish(self, error: Exception | None) -> None:
        if error is not None:
            self._outcome = error
        else:
            skipped = f", {self._skipped} skipped" if self._skipped else ""
            self.get_logger().info(f"the source ended after {self._published} frames{skipped}")
            if self._source.lost:
                self.get_logger().warning(self._source.lost)
        if self._pump.pause(self._settings().linger if error is None else 0.0):
            self._end.trigger()

    # -- the end, in the executor's thread ----------------------------------------------------

    def _raise_outcome(self) -> None:
        raise self._outcome


def main() -> int:
    """Run the node until SIGINT, SIGTERM or the end of its source; return the exit code."""
    return run_node(ImageSourceNode)


if __name__ == "__main__":
    sys.exit(main())
