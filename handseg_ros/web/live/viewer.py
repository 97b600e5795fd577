"""Who else looks at what is played, beside the page."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handseg_ros.outputs.segmented_frame import SegmentedFrame


@dataclass(frozen=True)
class PlayedHeader:
    """What a played frame has for a message's header; `stamp` is in nanoseconds since 1970."""

    stamp: int
    frame_id: str = "camera_optical_frame"


class FrameViewer(Protocol):
    """Gets answered frames while it `is_watched`, in the thread that answers them."""

    @property
    def is_watched(self) -> bool: ...

    def show(self, frame: SegmentedFrame) -> None:
        """Show a frame, whose header is a `PlayedHeader`, without waiting for anybody."""
        ...
