"""Where a node keeps its background between two runs: one PNG file, written whole or not at all."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.media.atomic_files import write_bytes
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.user_path import user_path


def background_file(chosen: str, node_name: str, camera: str = "") -> Path:
    """Return the chosen file, or that of a node by its fully qualified name.

    The latter lies in ROS's own folder, which is $ROS_HOME, or ~/.ros, as it is for logs. Each
    named camera of a node has its own: kept_left.png for kept.png, node/left.png for the node's.
    """
    if chosen:
        file = user_path(chosen)
        return file.with_name(f"{file.stem}_{camera}{file.suffix}") if camera else file
    home = os.environ.get("ROS_HOME") or os.path.expanduser("~/.ros")
    name = "/".join(filter(None, (node_name.strip("/"), camera)))
    return Path(home, "handseg_ros", f"{name}.png")


def read_background(file: Path) -> np.ndarray | None:
    """Return the picture, uint8 (height, width, 3), BGR, or None where there is no file.

    Raises HandsegError for a file that cannot be read, is damaged or is no picture.
    """
    return read_picture(file) if os.path.exists(file) else None


def write_background(file: Path, picture: np.ndarray) -> None:
    """Write a picture as PNG, whatever the file's name ends in; raises MediaError."""
    # A node that is stopped in the middle must not leave half a picture in the file's place.
    write_bytes(file, cv2.imencode(".png", picture)[1].tobytes())
