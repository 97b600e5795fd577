"""The bag's clock against the wall's."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlaybackClock:
    """A bag's time `bag_start` happens at the wall's time `wall_start`, and `rate` times as fast.

    All times are in nanoseconds.
    """

    bag_start: int
    wall_start: int
    rate: float

    def bag_time(self, wall: int) -> int:
        """Return what the bag's clock says at a wall's time."""
        return self.bag_start + round((wall - self.wall_start) * self.rate)

    def wall_time(self, bag: int) -> int:
        """Return when, on the wall, the bag's clock says so."""
        return self.wall_start + round((bag - self.bag_start) / self.rate)
