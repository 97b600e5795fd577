"""One frame with its hands: all that outputs are made of, live or from a bag."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from handseg_ros.depth.keep_out import keep_out
from handseg_ros.depth.view import View
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay


@dataclass(frozen=True)
class OutputOptions:
    """How the overlay draws hands, how far to keep out of them, and how dense points are.

    The keep-out reaches so far around hands, in metres with depth and in pixels without it;
    `voxel_size` thins the points, metres, and 0 leaves all.
    """

    overlay_mode: OverlayMode = OverlayMode.INSTANCES
    keep_out_distance: float = 0.0
    keep_out_pixels: float = 0.0
    voxel_size: float = 0.0


_DEFAULTS = OutputOptions()


@dataclass(frozen=True)
class DepthFrame:
    """A frame's view in metres, and the depth message that it is of, a sensor_msgs/Image.

    The message is None where depth came as none.
    """

    view: View
    message: Any


@dataclass(frozen=True)
class StampedSegmentation:
    """What a HandInstances is made of: its header, the hands, and what is told beside them."""

    header: Any
    segmentation: Segmentation
    circumstances: Circumstances


@dataclass(frozen=True)
class SegmentedFrame:
    """One answered frame: its image's header, BGR pixels, hands, and how it is shown.

    `depth` is what depth shows of it, None without depth. Pictures that several outputs share are
    drawn once, when the first of them asks.
    """

    header: Any
    pixels: np.ndarray
    segmentation: Segmentation
    circumstances: Circumstances
    palette: Palette
    options: OutputOptions = _DEFAULTS
    depth: DepthFrame | None = None

    @property
    def stamped(self) -> StampedSegmentation:
        """The hands without the pixels, which are worth keeping for later."""
        return StampedSegmentation(self.header, self.segmentation, self.circumstances)

    @cached_property
    def mask(self) -> np.ndarray:
        """The union of the hands: uint8 (height, width), 0 or 255."""
        return self.segmentation.mask()

    @cached_property
    def instances(self) -> np.ndarray:
        """The hands' ids: uint8 (height, width), 0 for the background."""
        return self.segmentation.instances()

    @cached_property
    def overlay(self) -> np.ndarray:
        """The frame with hands and objects drawn: uint8 (height, width, 3), BGR."""
        return draw_overlay(self.pixels, self.segmentation, self.options.overlay_mode, self.palette)

    @cached_property
    def keep_out(self) -> np.ndarray:
        """The pixels to keep out of: uint8 (height, width), 0 or 255."""
        view = None if self.depth is None else self.depth.view
        reach = self.options
        return keep_out(self.segmentation, view, reach.keep_out_distance, reach.keep_out_pixels)
