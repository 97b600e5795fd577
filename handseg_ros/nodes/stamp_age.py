"""How old an image is by the node's own clock."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from rclpy.clock import Clock

_NANOSECONDS = 1_000_000_000


def stamp_age(stamp: Time, clock: Clock) -> int:
    """Return the time from a stamp until now, in nanoseconds; below 0 for a stamp that is ahead.

    Any stamp that a message can hold has an age, also those below 0, which rclpy's Time refuses.
    """
    return clock.now().nanoseconds - (stamp.sec * _NANOSECONDS + stamp.nanosec)
