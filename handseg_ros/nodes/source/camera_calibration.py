"""Calibration files as camera_calibration writes them, and the CameraInfo they stand for.

The format is that of camera_calibration_parsers: `image_width`, `image_height`, `camera_name`,
`distortion_model`, and four matrices, each with `rows`, `cols` and `data` (row by row):
`camera_matrix` (3x3), `distortion_coefficients` (1xN), `rectification_matrix` (3x3) and
`projection_matrix` (3x4).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml
from handseg_ros.segmentation.user_path import user_path

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Calibration:
    """A camera's calibration for images of `width` x `height` pixels.

    The matrices are row-major, named as in sensor_msgs/CameraInfo: `k` (3x3), `r` (3x3), `p` (3x4),
    with lengths in pixels; `d` are the coefficients of `distortion_model`.
    """

    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]

    def message(self, header: Header) -> CameraInfo:
        """Return the CameraInfo of an image with this header."""
        return CameraInfo(
            header=header,
            height=self.height,
            width=self.width,
            distortion_model=self.distortion_model,
            d=self.d,
            k=self.k,
            r=self.r,
            p=self.p,
        )


def load_calibration(url: str) -> Calibration:
    """Read a calibration: a path, `file:///path` or `package://package/path`; raises MediaError."""
    path = _path_of(url)
    try:
        content = read_plain_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError(
            f"the calibration '{url}' cannot be read ({error}): "
            "correct camera_info_url, or leave it empty for an uncalibrated camera"
        ) from error
    except PlainYamlError as error:
        raise _unusable(url, f"it is no YAML ({error})") from error
    if not isinstance(content, dict):
        raise _unusable(url, "it has no entries")
    return _calibration(url, content)


def uncalibrated(header: Header, height: int, width: int) -> CameraInfo:
    """Return what is said of a camera that is not calibrated: K is zero (CameraInfo.msg)."""
    return CameraInfo(header=header, height=height, width=width)


def _calibration(url: str, content: Mapping[str, Any]) -> Calibration:
    missing = [
        key
        for key in ("image_width", "image_height", "camera_matrix", "distortion_coefficients")
        if key not in content
    ]
    if missing:
        raise _unusable(url, f"it has no {', '.join(missing)}")
    k = _matrix(url, content, "camera_matrix", 9)
    flat = (*k[0:3], 0.0, *k[3:6], 0.0, *k[6:9], 0.0)
    return Calibration(
        width=_size(url, content, "image_width"),
        height=_size(url, content, "image_height"),
        distortion_model=str(content.get("distortion_model") or "plumb_bob"),
        d=_matrix(url, content, "distortion_coefficients", None),
        k=k,
        r=_matrix(url, content, "rectification_matrix", 9, IDENTITY),
        p=_matrix(url, content, "projection_matrix", 12, flat),
    )


def _size(url: str, content: Mapping[str, Any], key: str) -> int:
    value = content[key]
    if type(value) is not int or value < 1:
        raise _unusable(url, f"{key} is {value!r}, not a number of pixels")
    return value


def _matrix(
    url: str,
    content: Mapping[str, Any],
    key: str,
    size: int | None,
    default: tuple[float, ...] = (),
) -> tuple[float, ...]:
    if key not in content:
        return default
    try:
        data = tuple(float(value) for value in content[key]["data"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(url, f"{key} has no list of numbers under 'data'") from error
    if size is not None and len(data) != size:
        raise _unusable(url, f"{key} has {len(data)} numbers instead of {size}")
    return data


def _path_of(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if parts.scheme == "package":
        return _share_of(url, parts.netloc) / unquote(parts.path.lstrip("/"))
    return user_path(url)


def _share_of(url: str, package: str) -> Path:
    # without a ROS installation there is no AMENT_PREFIX_PATH: the packages lie beside Python's own
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    for prefix in filter(None, prefixes):
        share = Path(prefix, "share", package)
        if share.is_dir():
            return share
    raise MediaError(
        f"the calibration '{url}' cannot be read, there is no package '{package}': "
        "correct camera_info_url, or source the workspace that has it"
    )


def _unusable(url: str, cause: str) -> MediaError:
    return MediaError(
        f"the calibration '{url}' cannot be used, {cause}: "
        "write it with camera_calibration, or leave camera_info_url empty"
    )
