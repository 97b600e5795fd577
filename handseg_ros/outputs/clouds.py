"""Outputs that are points in metres, as sensor_msgs/PointCloud2."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handseg_ros.depth.points import Region, points
from handseg_ros.image_messages.message_library import MessageLibrary
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Segmentation, union

POINT_CLOUD = "sensor_msgs/msg/PointCloud2"
_FIELD = "sensor_msgs/msg/PointField"
# PointField's UINT8 and FLOAT32.
_TYPES = {np.dtype("u1"): 2, np.dtype("<f4"): 7}


def hand_points(library: MessageLibrary, frame: SegmentedFrame) -> Any | None:
    """Return the points of the hands, None without depth."""
    hands = frame.segmentation.hands
    return _points(library, frame, [(hand.id, hand.box, hand.mask) for hand in hands])


def object_points(library: MessageLibrary, frame: SegmentedFrame) -> Any | None:
    """Return the points of what hands touch, None without depth or where no object is known."""
    if frame.segmentation.objects is None:
        return None
    return _points(library, frame, _touched(frame.segmentation))


def _points(library: MessageLibrary, frame: SegmentedFrame, regions: list[Region]) -> Any | None:
    if frame.depth is None:
        return None
    cloud = points(frame.depth.view, regions, frame.pixels, frame.options.voxel_size)
    return cloud_message(library, frame.header, cloud)


def _touched(segmentation: Segmentation) -> list[Region]:
    """Return what each hand touches, as one region with the hand's id."""
    touched = ((hand.id, segmentation.touched_by(hand)) for hand in segmentation.hands)
    return [(id_, *union(objects)) for id_, objects in touched if objects]


def cloud_message(library: MessageLibrary, header: Any, cloud: np.ndarray) -> Any:
    """Return the PointCloud2 of points: a structured array (N,) of little-endian numbers.

    The array's fields are the message's, its bytes are the message's data.
    """
    message = library.new(POINT_CLOUD)
    message.header = header
    message.height, message.width = 1, len(cloud)
    message.fields = _fields(library, cloud.dtype)
    message.is_bigendian = False
    message.point_step, message.row_step = cloud.dtype.itemsize, cloud.nbytes
    message.data = library.data(cloud)
    message.is_dense = True  # points without depth are not there at all
    return message


def _fields(library: MessageLibrary, dtype: np.dtype) -> list[Any]:
    described: Mapping[str, Any] = dtype.fields or {}
    fields = []
    for name, (kind, offset) in described.items():
        field = library.new(_FIELD)
        field.name, field.offset, field.datatype, field.count = name, offset, _TYPES[kind], 1
        fields.append(field)
    return fields
