"""image_source_node: a camera, a video or pictures as an image topic with camera_info and depth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from dataclasses import dataclass

from rclpy.node import Node
from std_msgs.msg import Header

from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.sources import Frame, open_source
from handseg_ros.media.videos import CameraSource
from handseg_ros.nodes import parameters
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.parameter_services import KnownTypesParameterService
from handseg_ros.nodes.parameters import parameter, specs_of
from handseg_ros.nodes.process import NodeFinished, run_node
from handseg_ros.nodes.source.camera_calibration import load_calibration
from handseg_ros.nodes.source.image_output import DepthOutput, ImageOutput
from handseg_ros.nodes.source.player import PlayerCallbacks, SourcePlayer
from handseg_ros.nodes.source.settings import SourceParameters


@dataclass(frozen=True)
class SourceSettings(SourceParameters):
    """All parameters, and their values at one moment."""

    depth: str = parameter(
        "",
        "Folder of the pictures' depth, published on depth (16UC1) with their stamps: 16-bit PNG "
        "in millimetres, of the pictures' names; empty for none",
        read_only=True,
    )
    wait_for_subscribers: int = parameter(
        0,
        "How many subscriptions the image topic must have before the first frame is taken",
        minimum=0,
        maximum=100,
        read_only=True,
    )


SPECS = specs_of(SourceSettings)


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
        source = open_source(settings.source, settings.camera_options)
        if isinstance(source, CameraSource):
            source.check()  # now, as it may be long until somebody wants its images
        self._output = ImageOutput(self, CameraTopics(), settings.image_transport, calibration)
        self._depth = DepthOutput(self, depth) if depth else None
        self._wanted = settings.wait_for_subscribers
        self._player = SourcePlayer(
            self,
            settings.source,
            source,
            PlayerCallbacks(
                options=lambda: self._settings().play_options,
                is_ready=lambda: self._output.subscribers >= self._wanted,
                on_frame=self._publish,
                on_end=_end,
            ),
        )
        once = f" once {self._wanted} subscription(s) are there" if self._wanted else ""
        self._player.announce(
            f"publishing {settings.source} ({{frames}}) on {self._output.topic}{once}"
        )
        self._player.start()

    def destroy_node(self) -> None:
        """Stop the pump before its publishers go."""
        self._player.stop()
        super().destroy_node()

    def _settings(self) -> SourceSettings:
        return SourceSettings(**parameters.values(self, SPECS))

    def _publish(self, frame: Frame, header: Header) -> None:
        if self._depth:
            self._depth.publish(frame, header)
        self._output.publish(frame, header, self._settings().jpeg_quality)


def _end(error: Exception | None) -> None:
    raise error or NodeFinished


def main() -> int:
    """Run the node until SIGINT, SIGTERM or the end of its source; return the exit code."""
    return run_node(ImageSourceNode)


if __name__ == "__main__":
    sys.exit(main())
