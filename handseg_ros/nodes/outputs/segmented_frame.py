"""All that is known of an answered frame: what the outputs are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from std_msgs.msg import Header

from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.nodes.depth.depth_frame import DepthFrame
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette


@dataclass(frozen=True)
class SpatialOptions:
    """How far the keep-out reaches around hands, in metres with depth and in pixels without it.

    `voxel_size` thins the points, metres; 0 leaves all.
    """

    keep_out_distance: float
    keep_out_pixels: float
    voxel_size: float


@dataclass(frozen=True)
class SegmentedFrame:
    """One answered frame: header, BGR pixels, hands, what is told of them, how to show them.

    `depth_frame` is what depth shows of it, None without depth.
    """

    header: Header
    frame: np.ndarray
    segmentation: Segmentation
    circumstances: Circumstances
    overlay_mode: OverlayMode
    palette: Palette
    spatial: SpatialOptions
    depth_frame: DepthFrame | None
