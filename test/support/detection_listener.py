"""A process that prints what comes on ~/detections as lines of hex; needs vision_msgs."""

from __future__ import annotations

import rclpy
from vision_msgs.msg import Detection2DArray  # type: ignore[import-not-found]


def main() -> None:
    """Listen until interrupted."""
    rclpy.init()
    node = rclpy.create_node("detection_listener")
    node.create_subscription(
        Detection2DArray,
        "/hand_segmentation/detections",
        lambda data: print(data.hex(), flush=True),
        10,
        raw=True,
    )
    rclpy.spin(node)


if __name__ == "__main__":
    main()
