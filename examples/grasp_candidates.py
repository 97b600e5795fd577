"""grasp_candidates: stands in for a grasp planner, with candidates all over what the camera sees.

usage: python3 grasp_candidates.py [--ros-args -p frame_id:=camera_optical_frame]

Publishes `candidates` (geometry_msgs/PoseArray in the camera's optical frame), twice a second.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import sys

from geometry_msgs.msg import Point, Pose, PoseArray
from rclpy.node import Node

from handseg_ros.nodes import parameters
from handseg_ros.nodes.parameters import ParameterSpec
from handseg_ros.nodes.process import run_node
from handseg_ros.nodes.program_arguments import answer_arguments

SPECS = (
    ParameterSpec(
        "frame_id", "camera_optical_frame", "Frame of the candidates: the camera's optical frame"
    ),
)

# Metres, in the optical frame: x right, y down, z forward.
PLACES = tuple(
    Point(x=x, y=y, z=z)
    for x, y, z in itertools.product(
        (-0.3, -0.15, 0.0, 0.15, 0.3), (-0.1, 0.0, 0.1), (0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
    )
)


class GraspCandidates(Node):
    """Publishes the same candidates again and again."""

    def __init__(self) -> None:
        super().__init__("grasp_candidates")
        parameters.declare(self, SPECS)
        self._publisher = self.create_publisher(PoseArray, "candidates", 10)
        self.create_timer(0.5, self._publish)

    def _publish(self) -> None:
        message = PoseArray(poses=[Pose(position=place) for place in PLACES])
        message.header.frame_id = parameters.values(self, SPECS)["frame_id"]
        message.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(message)


if __name__ == "__main__":
    words = "Stands in for a grasp planner, with candidates all over what the camera sees."
    answer_arguments("grasp_candidates.py", words, lambda: SPECS, sys.argv[1:])
    sys.exit(run_node(GraspCandidates))
