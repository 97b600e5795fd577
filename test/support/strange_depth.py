"""Depth images and calibrations as no driver should send them, drawn by hypothesis."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo
from support.strange_images import EXTREMES, MOST_BYTES, StrangeImage

from handseg_ros.depth.distortion_models import DISTORTION_MODELS
from handseg_ros.image_messages.depth import DEPTH_TYPES

Value = TypeVar("Value")

SIDE = 64  # pixels: of the image, and of depth and calibration that fit it
_FOCAL = 60.0
_MATRIX = (_FOCAL, 0.0, SIDE / 2, 0.0, _FOCAL, SIDE / 2, 0.0, 0.0, 1.0)
_NUMBERS = st.floats() | st.sampled_from([0.0, -1.0, 0.1, -0.3, 2.5, 1e-300, 1e300])


@dataclass(frozen=True)
class StrangeCalibration:
    """The fields of a sensor_msgs/CameraInfo that are read."""

    height: int
    width: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]

    def message(self) -> CameraInfo:
        """Return it as a message, without a stamp."""
        return CameraInfo(
            height=self.height,
            width=self.width,
            distortion_model=self.distortion_model,
            d=array.array("d", self.d),
            k=np.array(self.k, np.float64),
        )


@st.composite
def _mostly(draw: st.DrawFn, usual: Value, strange: st.SearchStrategy[Value]) -> Value:
    """Draw what is usual in seven cases of eight, so that some messages are whole."""
    return draw(strange) if draw(st.integers(0, 7)) == 7 else usual


def _size(draw: st.DrawFn) -> tuple[int, int]:
    sides = st.integers(0, SIDE + 2) | st.sampled_from(EXTREMES)
    return draw(_mostly(SIDE, sides)), draw(_mostly(SIDE, sides))


@st.composite
def strange_depths(draw: st.DrawFn) -> StrangeImage:
    """Draw depth whose fields fit together, but for what is wrong, with values of any bits."""
    encoding = draw(st.sampled_from([*DEPTH_TYPES]))
    itemsize = DEPTH_TYPES[encoding].itemsize
    height, width = _size(draw)
    step = max(0, width * itemsize + draw(_mostly(0, st.sampled_from([1, 2, 8, -1]))))
    size = max(0, min(step * height, MOST_BYTES) + draw(_mostly(0, st.sampled_from([-1, 7]))))
    pattern = draw(st.binary(min_size=1, max_size=64))
    data = (pattern * (size // len(pattern) + 1))[:size]
    order = draw(st.integers(0, 2))
    told = draw(_mostly(encoding, st.sampled_from(["mono8", "bgr8"]) | st.text(max_size=8)))
    return StrangeImage(height, width, told, order, min(step, 2**32 - 1), data, (0, 0))


@st.composite
def strange_calibrations(draw: st.DrawFn) -> StrangeCalibration:
    """Draw a calibration whose fields fit together, but for what is wrong."""
    model = draw(st.sampled_from([*DISTORTION_MODELS]))
    count = draw(
        _mostly(draw(st.sampled_from(DISTORTION_MODELS[model].counts or (0,))), st.integers(0, 15))
    )
    usual = draw(st.lists(st.floats(-0.4, 0.4), min_size=count, max_size=count))
    d = draw(_mostly(usual, st.lists(_NUMBERS, min_size=count, max_size=count)))
    k = list(_MATRIX)
    k[draw(st.integers(0, 8))] *= draw(_mostly(1.0, _NUMBERS))
    told = draw(_mostly(model, st.text(max_size=12)))
    height, width = _size(draw)
    return StrangeCalibration(height, width, told, tuple(d), tuple(k))
