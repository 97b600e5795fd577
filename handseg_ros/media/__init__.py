"""Frames from pictures, folders, videos and cameras, and pictures and videos written back."""

# SPDX-License-Identifier: Apache-2.0

from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.sinks import VideoSink, write_picture
from handseg_ros.media.sources import (
    CameraSource,
    Frame,
    FrameSource,
    PictureSource,
    VideoSource,
    open_source,
)

__all__ = [
    "CameraSource",
    "DepthPictures",
    "Frame",
    "FrameSource",
    "PictureSource",
    "VideoSink",
    "VideoSource",
    "open_source",
    "write_picture",
]
