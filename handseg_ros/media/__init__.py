"""Frames from pictures, folders, videos and cameras, and pictures and videos written back."""

from handseg_ros.media.depth_pictures import DepthPictures
from handseg_ros.media.sinks import VideoSink, write_picture
from handseg_ros.media.sources import Camera, Frame, FrameSource, Pictures, Video, open_source

__all__ = [
    "Camera",
    "DepthPictures",
    "Frame",
    "FrameSource",
    "Pictures",
    "Video",
    "VideoSink",
    "open_source",
    "write_picture",
]
