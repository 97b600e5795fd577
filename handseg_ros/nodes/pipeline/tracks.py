"""The tracks of the node's stream, as its parameters want them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time

from std_msgs.msg import Header

from handseg_ros.nodes.input.stamps import nanoseconds_of
from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.tracking.frame_time import frame_time
from handseg_ros.tracking.tracker import Tracker


class HandTracks:
    """Numbers the hands of answers from activation on; for the worker's thread alone."""

    def __init__(self) -> None:
        self._tracker = Tracker()

    def follow(
        self, segmentation: Segmentation, header: Header, settings: Settings
    ) -> Segmentation:
        """Return the next answer with the tracks of its hands, or as it is where `track` is false.

        Time is the image's stamp, or now where that is not set.
        """
        if not settings.track:
            return segmentation
        self._tracker.max_age = settings.track_memory
        taken = frame_time(nanoseconds_of(header.stamp), time.monotonic_ns())
        return self._tracker.follow(segmentation, taken)
