"""The newest answer's hands: published when they are found, and again while no newer ones come."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from rclpy.clock import Clock

from handseg_ros.nodes.input.stamps import stamp_age
from handseg_ros.outputs.segmented_frame import StampedSegmentation


class LastHands:
    """Publishes hands so that an older answer never follows a newer one.

    The worker publishes what it finds, the executor repeats it: one lock holds them apart. That
    there was no hand is never said again, as it is true of no other image.
    """

    def __init__(self, publish: Callable[[StampedSegmentation], None], clock: Clock) -> None:
        self._publish = publish
        self._clock = clock
        self._publishing = threading.Lock()
        self._last: StampedSegmentation | None = None
        self._reported = 0.0  # when hands were last published, a time.monotonic()

    def publish(self, found: StampedSegmentation) -> None:
        """Publish the hands of a frame, and know them until the next frame's come."""
        with self._publishing:
            self._last = found if found.segmentation.hands else None
            self._publish_now(found)

    def repeat(self, period: float) -> None:
        """Publish the last hands again if none were published for `period` seconds; 0 = never.

        Header and sequence stay, the age is new. Call it some times a second.
        """
        with self._publishing:
            last = self._last
            if not period or last is None or time.monotonic() - self._reported < period:
                return
            aged = replace(last.circumstances, input_age=stamp_age(last.header.stamp, self._clock))
            self._publish_now(replace(last, circumstances=aged))

    def forget(self) -> None:
        """Repeat nothing until hands are published again."""
        with self._publishing:
            self._last = None

    def _publish_now(self, found: StampedSegmentation) -> None:
        self._publish(found)
        self._reported = time.monotonic()
