"""Smoothing over time, as the node's parameters want it: when a stream begins anew."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time

from std_msgs.msg import Header

from handseg_ros.nodes.input.stamps import nanoseconds_of
from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.frame_time import frame_time

# Where hands were longer ago tells little of where they are.
_MAX_GAP = 0.5  # seconds


class TemporalSmoothing:
    """Chooses what answers a stream's next frame; for the worker's thread alone."""

    def __init__(self) -> None:
        self._network: Segmenter | None = None
        self._sequence: Segmenter | None = None
        self._taken = 0.0

    def segmenter(self, setup: FrameSetup, header: Header) -> Segmenter:
        """Return the setup's segmenter, or where it shall be smoothed one that remembers.

        It begins anew with another network or background, where time goes back, and after half a
        second without a frame. Time is the image's stamp, or now where that is not set.
        """
        if not setup.settings.temporal_smoothing:
            self._network = self._sequence = None
            return setup.segmenter
        taken = frame_time(nanoseconds_of(header.stamp), time.monotonic_ns())
        is_next = self._network is setup.segmenter and 0 <= taken - self._taken <= _MAX_GAP
        self._taken = taken
        if self._sequence is None or not is_next:
            self._network = setup.segmenter
            self._sequence = setup.segmenter.for_sequence()
        return self._sequence


def check_smoothing(segmenter: Segmenter, settings: Settings) -> None:
    """Raise ModelError when a network shall be smoothed over time that cannot be."""
    if settings.temporal_smoothing:
        segmenter.for_sequence()
