"""Where frames come from: pictures, folders and globs of pictures, videos, cameras."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import glob
import platform
from pathlib import Path

from handseg_ros.media.camera_options import CameraOptions
from handseg_ros.media.frames import Frame, FrameSource
from handseg_ros.media.pictures import (
    PICTURE_FLAGS,
    PICTURE_SUFFIXES,
    PictureSource,
    is_picture_file,
    natural_order,
    pictures_in,
    pictures_matching,
    read_picture,
)
from handseg_ros.media.videos import DEFAULT_OPTIONS, CameraSource, VideoSource
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.user_path import user_path

__all__ = [
    "PICTURE_FLAGS",
    "PICTURE_SUFFIXES",
    "CameraSource",
    "Frame",
    "FrameSource",
    "PictureSource",
    "VideoSource",
    "natural_order",
    "open_source",
    "read_picture",
]


def open_source(
    spec: str | int, camera: CameraOptions = DEFAULT_OPTIONS
) -> PictureSource | VideoSource | CameraSource:
    """Return the source that `spec` means, checked to be there.

    `camera` is what one is asked for, and means nothing to other sources.

    A number, or a device such as /dev/video0, is a camera; a folder is its pictures in natural
    order; a file is a picture by its suffix or how it begins, else a video; a name of nothing that
    exists, with `*`, `?` or `[`, is a glob of pictures. Raises MediaError, and ImageError for a
    video whose frames are too large.
    """
    text = str(spec)
    path = user_path(text)
    if text.isdecimal():
        _check_no_other(text)
        return CameraSource(int(text), camera)
    if text.startswith("/dev/video") or path.is_char_device():
        return CameraSource(text, camera)
    if text and path.is_dir():
        return pictures_in(path)
    if path.is_file():
        return PictureSource([path], path.parent) if is_picture_file(path) else VideoSource(path)
    if glob.has_magic(text):
        return pictures_matching(text)
    if path.is_symlink():
        raise MediaError(f"the source '{text}' is a link to '{path.readlink()}', which is gone")
    if text and path.exists():
        raise MediaError(f"the source '{text}' is neither a file nor a folder: give one of these")
    raise MediaError(
        f"the source '{text}' does not exist: give a picture, a video, a folder, a glob, "
        "or a camera's number"
    )


def _check_no_other(number: str) -> None:
    """Raise MediaError for a camera's number that Linux has no device of, but a path is so called.

    Elsewhere cameras have no files that would tell it.
    """
    if platform.system() != "Linux" or not Path(number).exists():
        return
    device = f"/dev/video{int(number)}"
    if not Path(device).exists():
        raise MediaError(
            f"there is no camera {number}, whose device would be {device}: give './{number}' for "
            "the file or folder of that name"
        )
