"""Points in metres as sensor_msgs/PointCloud2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import as_array

_TYPES = {np.dtype("<f4"): PointField.FLOAT32, np.dtype("u1"): PointField.UINT8}


def cloud_message(header: Header, cloud: np.ndarray) -> PointCloud2:
    """Return the message of points: a structured array (N,) of little-endian numbers.

    The array's fields are the message's, its bytes are the message's data.
    """
    return PointCloud2(
        header=header,
        height=1,
        width=len(cloud),
        fields=_fields(cloud.dtype),
        is_bigendian=False,
        point_step=cloud.dtype.itemsize,
        row_step=cloud.nbytes,
        data=as_array(cloud),
        is_dense=True,  # points without depth are not there at all
    )


def _fields(dtype: np.dtype) -> list[PointField]:
    described: Mapping[str, Any] = dtype.fields or {}
    return [
        PointField(name=name, offset=offset, datatype=_TYPES[dtype], count=1)
        for name, (dtype, offset) in described.items()
    ]
