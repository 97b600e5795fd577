"""The topics that Foxglove gets: where a node has the same, they have its names.

So config/foxglove_layout.json shows a played source, a node behind foxglove_bridge and a recorded
bag alike.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.nodes.rviz_config import NODE

IMAGE = "/image"
CAMERA_INFO = "/camera_info"
OVERLAY = f"{NODE}/overlay"
MASK = f"{NODE}/mask"
INSTANCES = f"{NODE}/instances"
HANDS = f"{NODE}/hands"
MARKERS = f"{NODE}/markers"
POINTS = f"{NODE}/points"
DIAGNOSTICS = "/diagnostics"
# No node has it: ROS knows no such messages.
ANNOTATIONS = f"{NODE}/annotations"
