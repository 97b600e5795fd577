"""What is known of the camera beside its pictures: calibration, and depth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.usage_error import UsageError

if TYPE_CHECKING:
    from handseg_ros.web.live.depth import PlayedDepth


@dataclass(frozen=True)
class CameraOptions:
    """Where the calibration is, '' for none, and the folder of depth, None for none."""

    camera_info_url: str
    depth: Path | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> CameraOptions:
        """Return what was parsed; raises UsageError for what says nothing alone."""
        if parsed.depth is not None and not parsed.camera_info_url:
            raise UsageError(
                "--depth tells distances alone: give the camera's calibration with "
                "--camera-info-url too"
            )
        if parsed.camera_info_url and parsed.depth is None and not parsed.foxglove:
            raise UsageError(
                "--camera-info-url is for --depth and for --foxglove: give one of these too, or "
                "leave it out"
            )
        return cls(parsed.camera_info_url, parsed.depth)

    def played_depth(self) -> PlayedDepth | None:
        """Return the depth, None without; raises HandsegError where it cannot be used."""
        if self.depth is None:
            return None
        module = import_with_extra("handseg_ros.web.live.depth", "web", "the page")
        depth: PlayedDepth = module.PlayedDepth(self.depth, self.camera_info_url)
        return depth


def add_camera_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--camera-info-url",
        default="",
        metavar="URL",
        help="the camera's calibration as camera_calibration writes it, for --depth and for "
        "Foxglove's 3D panel: a path, file:// or package://",
    )
    parser.add_argument(
        "--depth",
        type=Path,
        metavar="DIR",
        help="a folder with each picture's depth, for positions in metres: 16-bit PNG in "
        "millimetres, of the pictures' names",
    )
