"""When an image was taken, and how old it is by the node's own clock."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from builtin_interfaces.msg import Time
from rclpy.clock import Clock

_NANOSECONDS = 1_000_000_000


def nanoseconds_of(stamp: Time) -> int:
    """Return a stamp in nanoseconds, also one below 0, which rclpy's Time refuses."""
    return int(stamp.sec * _NANOSECONDS + stamp.nanosec)


def stamp_age(stamp: Time, clock: Clock) -> int:
    """Return the time from a stamp until now, in nanoseconds; below 0 for a stamp that is ahead.

    Any stamp that a message can hold has an age, also those below 0.
    """
    return clock.now().nanoseconds - nanoseconds_of(stamp)
