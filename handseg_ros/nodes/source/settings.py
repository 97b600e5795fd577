"""The parameters that all nodes have which take frames from a camera, a video or pictures."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from handseg_ros.media.camera_options import CameraOptions
from handseg_ros.nodes.input.image_input import COMPRESSED, RAW
from handseg_ros.nodes.parameters import ParameterError, parameter

PICTURE_RATE = 10.0
CAMERA = "{camera}"
DEFAULT_FRAME_ID = "camera_optical_frame"
Parameters = TypeVar("Parameters", bound="SourceParameters")


@dataclass(frozen=True)
class PlayOptions:
    """How a source is played: frames a second, 0 for its own; what else is as the parameters."""

    rate: float
    loop: bool
    frame_id: str
    linger: float


@dataclass(frozen=True)
class SourceParameters:
    """What is taken, how, and how it is published."""

    source: str = parameter(
        "0",
        "What to take frames from: a camera's number or device, a video, a picture, a folder or a "
        "glob",
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
        DEFAULT_FRAME_ID,
        "The frame_id of every header: the camera's optical frame",
    )
    camera_info_url: str = parameter(
        "",
        "Calibration as camera_calibration writes it: a path, file:// or package:// URL; "
        "empty for a camera that is not calibrated",
        read_only=True,
    )
    camera_width: int = parameter(
        0,
        "Width that a camera is asked for; 0 takes its own",
        minimum=0,
        maximum=8192,
        unit="pixels",
        read_only=True,
    )
    camera_height: int = parameter(
        0,
        "Height that a camera is asked for; 0 takes its own",
        minimum=0,
        maximum=8192,
        unit="pixels",
        read_only=True,
    )
    camera_format: str = parameter(
        "",
        "Pixel format that a camera is asked for, as MJPG or YUYV; empty asks for MJPG above "
        "640x480, which no USB 2 cable carries otherwise at 30 frames a second",
        read_only=True,
    )
    camera_exposure: float = parameter(
        0.0,
        "Exposure that a camera is asked for, in its driver's unit (V4L2: 0.1 ms); 0 leaves it as "
        "it is",
        minimum=0.0,
        maximum=1e6,
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
    linger: float = parameter(
        1.0,
        "Time to stay after the last frame, so that late messages get out",
        minimum=0.0,
        maximum=60.0,
        unit="seconds",
    )

    @property
    def play_options(self) -> PlayOptions:
        """How the source is played."""
        return PlayOptions(self.rate, self.loop, self.frame_id, self.linger)

    @property
    def camera_options(self) -> CameraOptions:
        """What a camera is asked for."""
        return CameraOptions(
            width=self.camera_width,
            height=self.camera_height,
            pixel_format=self.camera_format,
            exposure=self.camera_exposure,
        )


def of_camera(settings: Parameters, camera: str, cameras: Sequence[str]) -> Parameters:
    """Return the parameters of one of several cameras, whose sources commas separate.

    `{camera}` stands for its name in frame_id, which is the name's own unless it is given, and in
    camera_info_url. Raises ParameterError where there are not as many sources as cameras, or where
    cameras would share a frame or a calibration; of the only camera, '', all stays as it is.
    """
    if not camera:
        return settings
    sources = [source.strip() for source in settings.source.split(",")]
    if len(sources) != len(cameras):
        raise ParameterError(
            f"parameter source cannot be {settings.source!r}: it takes as many sources as there "
            f"are cameras ({', '.join(cameras)}), with commas between them"
        )
    frame_id = settings.frame_id
    if frame_id == DEFAULT_FRAME_ID:
        frame_id = f"{CAMERA}_optical_frame"
    for name, value in (("frame_id", frame_id), ("camera_info_url", settings.camera_info_url)):
        if value and CAMERA not in value and len(cameras) > 1:
            raise ParameterError(
                f"parameter {name} cannot be {value!r} for several cameras, which would share it: "
                f"write {CAMERA} where a camera's name stands in it"
            )
    return replace(
        settings,
        source=sources[cameras.index(camera)],
        frame_id=frame_id.replace(CAMERA, camera),
        camera_info_url=settings.camera_info_url.replace(CAMERA, camera),
    )
