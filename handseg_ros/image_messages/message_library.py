"""Where messages come from: ROS itself, or any library whose messages have the same fields."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
REGION_OF_INTEREST = "sensor_msgs/msg/RegionOfInterest"
HAND_INSTANCE = "handseg_ros/msg/HandInstance"
HAND_INSTANCES = "handseg_ros/msg/HandInstances"


class MessageLibrary(Protocol):
    """Makes messages of the types that it is given by name, as sensor_msgs/msg/Image."""

    def new(self, msgtype: str) -> Any:
        """Return a message whose fields are all 0, false or empty."""

    def data(self, values: np.ndarray) -> Any:
        """Return the bytes of an array, row by row, as the data field of a message takes them."""
