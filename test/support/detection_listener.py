"""A process that prints what comes on ~/detections as lines of JSON; needs vision_msgs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from typing import Any

import rclpy
from vision_msgs.msg import Detection2DArray  # type: ignore[import-not-found]


def main() -> None:
    """Listen until interrupted."""
    rclpy.init()
    node = rclpy.create_node("detection_listener")
    node.create_subscription(
        Detection2DArray,
        "/hand_segmentation/detections",
        lambda message: print(json.dumps(_plain(message)), flush=True),
        10,
    )
    rclpy.spin(node)


def _plain(value: Any) -> Any:
    """Return a message as dictionaries, lists, numbers and texts."""
    if hasattr(value, "get_fields_and_field_types"):
        names = value.get_fields_and_field_types()
        return {name: _plain(getattr(value, name)) for name in names}
    return value if isinstance(value, str | int | float) else [_plain(item) for item in value]


if __name__ == "__main__":
    main()
