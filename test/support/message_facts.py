"""What a message says, of rclpy's or of ours, to be compared."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any


def facts(message: Any) -> tuple[Any, ...]:
    """Return all fields of a message, of rclpy's or of ours, as plain values."""
    header = message.header
    stamp = header.stamp.sec, header.stamp.nanosec, header.frame_id
    if hasattr(message, "format"):
        return *stamp, message.format, bytes(message.data)
    size = message.height, message.width, message.encoding, message.is_bigendian, message.step
    return *stamp, *size, bytes(message.data)
