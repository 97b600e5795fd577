"""When a frame was taken, for those who follow hands from one frame to the next."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

_NANOSECONDS = 1e9


def frame_time(stamp: int, arrival: int) -> float:
    """Return a frame's time in seconds: its stamp's, or its arrival's where the stamp is not set.

    Both are in nanoseconds, of clocks that may differ; a stamp that is not set is 0.
    """
    return (stamp or arrival) / _NANOSECONDS
