"""The messages of ROS by the names of their types, and this package's own latched ones."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import as_array
from handseg_ros.msg import LabelInfo
from handseg_ros.segmentation.description import BACKGROUND

MASK_VALUE = 255


class RosMessages:
    """Makes messages of ROS; a `MessageLibrary`."""

    def new(self, msgtype: str) -> Any:
        """Return a message of a type as sensor_msgs/msg/Image; raises ImportError without it."""
        return message_class(msgtype)()

    def data(self, values: np.ndarray) -> Any:
        """Return the bytes of an array as rclpy's messages take them."""
        return as_array(values)


@cache
def message_class(msgtype: str) -> type:
    """Return the class of a type's messages; raises ImportError where it is not installed."""
    package, folder, name = msgtype.split("/")
    found: type = getattr(import_module(f"{package}.{folder}"), name)
    return found


def label_message(header: Header, name: str | None) -> LabelInfo:
    """Return the names of the values in the mask of a class: `MASK_VALUE` is the class.

    Without a name, for a class that the model does not know, there is background alone.
    """
    labels = {0: BACKGROUND} if name is None else {0: BACKGROUND, MASK_VALUE: name}
    return LabelInfo(header=header, values=list(labels), names=list(labels.values()))
