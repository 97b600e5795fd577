"""Guards depth and calibration of any kind: positions, points and keep-out, or a sentence."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from hypothesis import given
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from support.cases import cases
from support.strange_depth import (
    SIDE,
    StrangeCalibration,
    strange_calibrations,
    strange_depths,
)
from support.strange_images import StrangeImage, fill

from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.points import points
from handseg_ros.nodes.depth.depth_frame import DepthFrameBuilder
from handseg_ros.nodes.input.pending_frame import DepthMessages
from handseg_ros.outputs.segmented_frame import DepthFrame
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings

BOX = Box(10, 12, 30, 20)
HAND = Hand(1, Side.LEFT, 0.9, 0.9, BOX, np.full((20, 30), 255, np.uint8), 600, (24.5, 21.5))
FOUND = Segmentation(SIDE, SIDE, (HAND,), Timings(0.0, 0.0, 0.0))
PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)
VOXEL = 0.005


def seen_or_reason(depth: StrangeImage, calibration: StrangeCalibration) -> DepthFrame | str:
    """Return what is seen, or why nothing is; whatever else is raised escapes."""
    messages = DepthMessages(fill(Image(), depth), calibration.message())
    try:
        return DepthFrameBuilder().of(messages, Header(), (SIDE, SIDE), "/image")
    except HandsegError as error:
        return str(error)


@given(strange_depths(), strange_calibrations())
@cases(300)
def test_depth_is_measured_or_has_a_reason(
    depth: StrangeImage, calibration: StrangeCalibration
) -> None:
    seen = seen_or_reason(depth, calibration)
    if isinstance(seen, str):
        assert ": " in seen
        assert "\n" not in seen
        return
    measurement = measure_hands(seen.view, FOUND)[HAND.id]
    assert 0.0 <= measurement.depth_share <= 1.0
    if measurement.location is not None:
        assert np.isfinite(measurement.location.position).all()
        assert measurement.location.position[2] > 0
        assert np.isfinite(measurement.location.extent).all()
    mask = keep_out(FOUND, seen.view, 0.1, 5.0)
    assert (mask[BOX.slices] == 255).all(), "the hand itself is always kept out of"
    assert without_hands(seen.view.depth.picture, mask).shape == (SIDE, SIDE)
    cloud = points(seen.view, [(HAND.id, HAND.box, HAND.mask)], PICTURE, VOXEL)
    assert all(np.isfinite(cloud[axis]).all() for axis in "xyz")
